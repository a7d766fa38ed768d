package import SessionModel

/// The codes of errors on the wire: the standard five of JSON-RPC 2.0 and sessiond's own.
package enum RPCErrorCode: Int, Hashable, Sendable, CaseIterable {
    case parseError = -32700
    case invalidRequest = -32600
    case methodNotFound = -32601
    case invalidParams = -32602
    case internalError = -32603
    case unavailable = -32001
    case forbidden = -32002
    case positionLost = -32003
    case overloaded = -32004
    case loggedIn = -32005
}

/// What is wrong with one parameter; the raw value is the word on the wire.
package enum ParamProblem: String, Hashable, Sendable {
    case missing, unknown, duplicate, type, range, positional
}

/// The error of an answer.
package struct RPCError: Error, Hashable, Sendable {
    /// The number that programs look at.
    package let code: RPCErrorCode
    /// A few words for people. Never holds what the peer sent.
    package let message: String
    /// More for programs, as JSON text; nil where there is nothing to add.
    package let data: [UInt8]?

    /// The line is not JSON, or nested too deeply to be read.
    package static let parseError = RPCError(.parseError, "Parse error")
    /// JSON, but no request.
    package static let invalidRequest = RPCError(.invalidRequest, "Invalid Request")
    /// Nothing of this name is served.
    package static let methodNotFound = RPCError(.methodNotFound, "Method not found")
    /// A fault of the daemon.
    package static let internalError = RPCError(.internalError, "Internal error")

    /// A request line longer than `limitBytes`.
    package static func lineTooLong(limitBytes: Int) -> RPCError {
        RPCError(.invalidRequest, "Invalid Request") {
            $0.key("limit_bytes")
            $0.int(limitBytes)
        }
    }

    /// A batch of more than `limitRequests`.
    package static func batchTooLong(limitRequests: Int) -> RPCError {
        RPCError(.invalidRequest, "Invalid Request") {
            $0.key("limit_requests")
            $0.int(limitRequests)
        }
    }

    /// A parameter that is not as declared. `param` is left out where it is nil.
    package static func invalidParams(param: StaticString?, _ problem: ParamProblem) -> RPCError {
        invalidParams(name: param.map { $0.description }, problem)
    }

    /// A parameter whose name the peer made up. A name longer than any real one is left out: it may be a secret in the wrong place.
    package static func invalidParams(given name: JSONString, _ problem: ParamProblem) -> RPCError {
        invalidParams(name: name.utf8.count <= Self.nameBytesMax ? name.string : nil, problem)
    }

    /// Redis could not be asked in time; `cause` in words without a secret.
    package static func unavailable(retryAfterMilliseconds: Int, cause: String) -> RPCError {
        RPCError(.unavailable, "unavailable") {
            $0.key("retry_after_ms")
            $0.int(retryAfterMilliseconds)
            $0.key("cause")
            $0.string(cause)
        }
    }

    /// The peer has not the right that the method needs.
    package static func forbidden(right: String) -> RPCError {
        RPCError(.forbidden, "forbidden: needs the right '\(right)'") {
            $0.key("right")
            $0.string(right)
        }
    }

    /// The journal does not hold what follows the position asked for; `oldest` is the id of the oldest event held, nil if none is.
    package static func positionLost(oldest: String?) -> RPCError {
        RPCError(.positionLost, "position_lost") {
            $0.key("oldest")
            if let oldest {
                $0.string(oldest)
            } else {
                $0.null()
            }
        }
    }

    /// The user has so many sessions, which are in the way.
    package static func loggedIn(sessions: Int) -> RPCError {
        RPCError(.loggedIn, "logged_in") {
            $0.key("sessions")
            $0.int(sessions)
        }
    }

    /// Too much is asked at once.
    package static func overloaded(retryAfterMilliseconds: Int) -> RPCError {
        RPCError(.overloaded, "overloaded") {
            $0.key("retry_after_ms")
            $0.int(retryAfterMilliseconds)
        }
    }

    /// The longest name of a parameter that an error repeats. A session key of Django has 32 characters.
    private static let nameBytesMax = 24

    private init(_ code: RPCErrorCode, _ message: String) {
        self.code = code
        self.message = message
        data = nil
    }

    private init(_ code: RPCErrorCode, _ message: String, data write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(capacity: 64)
        writer.beginObject()
        write(&writer)
        writer.endObject()
        self.code = code
        self.message = message
        data = writer.bytes
    }

    private static func invalidParams(name: String?, _ problem: ParamProblem) -> RPCError {
        RPCError(.invalidParams, "Invalid params") {
            if let name {
                $0.key("param")
                $0.string(name)
            }
            $0.key("problem")
            $0.string(problem.rawValue)
        }
    }
}

extension RPCError {
    /// Writes the error object: `code`, `message`, and `data` where there is any.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("code")
        writer.int(code.rawValue)
        writer.key("message")
        writer.string(message)
        if let data {
            writer.key("data")
            writer.raw(data)
        }
        writer.endObject()
    }
}
