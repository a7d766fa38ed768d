import Foundation
import JSONRPC

/// The error object of an answer.
public struct RemoteError: Error, Hashable, Sendable {
    /// The number on the wire. Compare it with the constants of `Code`; others may come.
    public let code: Int
    /// The daemon's words.
    public let message: String
    /// What came along as `data`, as JSON text.
    public let data: [UInt8]?

    /// The codes that the protocol names.
    public enum Code {
        /// Redis could not be asked in time.
        public static let unavailable = RPCErrorCode.unavailable.rawValue
        /// The caller has not the right that the method needs.
        public static let forbidden = RPCErrorCode.forbidden.rawValue
        /// The journal no longer holds what follows the position asked for.
        public static let positionLost = RPCErrorCode.positionLost.rawValue
        /// Too much was asked at once.
        public static let overloaded = RPCErrorCode.overloaded.rawValue
        /// The user has sessions, which are in the way.
        public static let loggedIn = RPCErrorCode.loggedIn.rawValue
        /// Nothing of this name is served.
        public static let methodNotFound = RPCErrorCode.methodNotFound.rawValue
        /// The parameters are not as declared.
        public static let invalidParams = RPCErrorCode.invalidParams.rawValue
    }

    /// How long to wait before trying again, where waiting helps.
    public var retryAfter: Duration? {
        details.retryAfterMilliseconds.map { .milliseconds($0) }
    }

    /// The right that was missing, for `forbidden`.
    public var right: String? {
        details.right
    }

    /// The oldest event that the journal still holds, for `positionLost`; nil where it holds none.
    public var oldest: String? {
        details.oldest
    }

    /// The error of an error object's text; nil where it is none.
    init?(_ text: ArraySlice<UInt8>) {
        guard let members = try? JSONObjectText(text, depthMax: Wire.depthMax), let codeText = members["code"],
            let code = Int(String(decoding: codeText, as: UTF8.self)), let message = members["message"],
            case .string(let words) = try? JSONScanner.value(of: message, depthMax: 1)
        else {
            return nil
        }
        self.code = code
        self.message = words.string
        data = members["data"].map(Array.init)
    }

    private struct Details: Decodable {
        var retryAfterMilliseconds: Int?
        var right: String?
        var oldest: String?
        var cause: String?
        var param: String?
        var problem: String?
        var sessions: Int?

        enum CodingKeys: String, CodingKey {
            case retryAfterMilliseconds = "retry_after_ms"
            case right, oldest, cause, param, problem, sessions
        }
    }

    private var details: Details {
        data.flatMap { try? JSONDecoder().decode(Details.self, from: Data($0)) } ?? Details()
    }
}

extension RemoteError: CustomStringConvertible {
    /// What the daemon refused and what to do, in a sentence or two.
    public var description: String {
        let details = details
        switch code {
        case Code.unavailable:
            return "the daemon cannot answer now\(details.cause.map { ": \($0)" } ?? ""); `sessiond status` tells more"
        case Code.forbidden:
            return "you have not the right '\(details.right ?? "?")': root and the daemon's own user have all rights; "
                + "others have what the daemon's configuration gives them"
        case Code.positionLost:
            let oldest = details.oldest.map { "the oldest event held is \($0)" } ?? "no event is held"
            return "the journal does not hold what follows this position: \(oldest)"
        case Code.overloaded:
            return "the daemon is overloaded: try again in a moment"
        case Code.loggedIn:
            return "the user has open sessions (\(details.sessions ?? 0)): log the user out first"
        case Code.invalidParams:
            let words = [details.param.map { "'\($0)'" }, details.problem].compactMap(\.self).joined(separator: ": ")
            return words.isEmpty ? message : "the daemon does not accept the parameters: \(words)"
        case Code.methodNotFound:
            return "the daemon does not serve this method: it may be older than this client"
        default:
            return "the daemon answered: \(message) (\(code))"
        }
    }
}
