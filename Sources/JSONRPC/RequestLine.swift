/// A line of a client, read.
///
/// - The envelope must have `jsonrpc`, which must be `"2.0"`, and `method`, a string. `id` may be a string, a number or null; with a
///   null it is still a request and answered. `params` must be an object or an array (an array is refused later, as
///   invalid params, so that an unknown method is told first).
/// - Other members are ignored, as is usual with JSON-RPC: clients may carry their own, such as a trace id. A member
///   that stands twice is refused, known or not, since readers differ in which one they take.
/// - A line that is not JSON (blank lines too), or is nested deeper than allowed, is one Parse error with `id` null.
package enum RequestLine: Hashable, Sendable {
    /// One request, or one error for the whole line.
    case single(Result<Request, InvalidRequest>)
    /// A batch of at least one; its answers make one line, or none where all are notifications.
    case batch([Result<Request, InvalidRequest>])

    /// Reads a line without its end. A batch of more than `batchCountMax` is one error.
    package static func parse(_ line: [UInt8], depthMax: Int, batchCountMax: Int) -> RequestLine {
        do throws(JSONError) {
            var scanner = try JSONScanner(line[...], depthMax: depthMax)
            let parsed = try requests(&scanner, countMax: batchCountMax)
            try scanner.end()
            return parsed
        } catch {
            return .single(.failure(InvalidRequest(id: .null, error: .parseError)))
        }
    }

    private static func requests(_ scanner: inout JSONScanner, countMax: Int) throws(JSONError) -> RequestLine {
        guard try scanner.peek() == UInt8(ascii: "[") else {
            return .single(try message(&scanner, depth: 0))
        }
        var batch: [Result<Request, InvalidRequest>] = []
        var count = 0
        try scanner.array(depth: 0) { scanner throws(JSONError) in
            count += 1
            // The others are read all the same: a line that is no JSON is told as such.
            if count > countMax {
                _ = try scanner.skipValue(depth: 1)
            } else {
                batch.append(try message(&scanner, depth: 1))
            }
        }
        guard count <= countMax else {
            return .single(.failure(InvalidRequest(id: .null, error: .batchTooLong(limitRequests: countMax))))
        }
        guard !batch.isEmpty else {
            return .single(.failure(InvalidRequest(id: .null, error: .invalidRequest)))
        }
        return .batch(batch)
    }

    private static func message(
        _ scanner: inout JSONScanner,
        depth: Int
    ) throws(JSONError) -> Result<Request, InvalidRequest> {
        guard try scanner.peek() == UInt8(ascii: "{") else {
            _ = try scanner.skipValue(depth: depth)
            return .failure(InvalidRequest(id: .null, error: .invalidRequest))
        }
        var envelope = Envelope()
        try scanner.object(depth: depth) { scanner, name throws(JSONError) in
            try envelope.take(name, from: &scanner, depth: depth + 1)
        }
        return envelope.request
    }
}

/// The members of a request as they come.
private struct Envelope {
    private enum ID {
        case absent, unusable
        case known(RawID)
    }

    private var id = ID.absent
    private var isVersion2 = false
    private var method: JSONString?
    private var params: Params? = Params.none
    private var otherNames: [JSONMember] = []
    private var seenVersion = false
    private var seenMethod = false
    private var seenParams = false
    private var hasRepetition = false

    mutating func take(_ name: JSONString, from scanner: inout JSONScanner, depth: Int) throws(JSONError) {
        if name == "jsonrpc" {
            hasRepetition = hasRepetition || seenVersion
            seenVersion = true
            let value = try scanner.value(depth: depth)
            isVersion2 = if case .string(let version) = value { version == "2.0" } else { false }
        } else if name == "id" {
            try takeID(from: &scanner, depth: depth)
        } else if name == "method" {
            hasRepetition = hasRepetition || seenMethod
            seenMethod = true
            let value = try scanner.value(depth: depth)
            method = if case .string(let method) = value { method } else { nil }
        } else if name == "params" {
            hasRepetition = hasRepetition || seenParams
            seenParams = true
            params = Params(try scanner.value(depth: depth))
        } else {
            _ = try scanner.skipValue(depth: depth)
            otherNames.append(JSONMember(name: name, value: .null))
        }
    }

    private mutating func takeID(from scanner: inout JSONScanner, depth: Int) throws(JSONError) {
        let first = try scanner.peek()
        let text = try scanner.skipValue(depth: depth)
        switch (id, first) {
        case (.absent, UInt8(ascii: "{")), (.absent, UInt8(ascii: "[")), (.absent, UInt8(ascii: "t")),
            (.absent, UInt8(ascii: "f")):
            id = .unusable
        case (.absent, _):
            id = .known(RawID(text: text))
        default:
            hasRepetition = true
            id = .unusable
        }
    }

    var request: Result<Request, InvalidRequest> {
        let answerID: RawID?
        switch id {
        case .absent: answerID = nil
        case .known(let id): answerID = id
        case .unusable: return .failure(InvalidRequest(id: .null, error: .invalidRequest))
        }
        guard isVersion2, let method, let params, !hasRepetition, otherNames.firstRepeatedName == nil else {
            return .failure(InvalidRequest(id: answerID ?? .null, error: .invalidRequest))
        }
        return .success(Request(id: answerID, method: method, params: params))
    }
}
