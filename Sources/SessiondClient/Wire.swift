import Foundation
import JSONRPC

/// How this client reads the daemon's JSON.
enum Wire {
    /// The deepest nesting that is read; a session's data may be nested deeper than a request.
    static let depthMax = 512
    /// The longest line that is read: the protocol's limit of an answer, with room for its envelope.
    static let lineBytesMax = 16 * 1024 * 1024 + 1024
    /// The longest request that the daemon reads, without the end of the line.
    static let requestBytesMax = 64 * 1024

    /// The value that a text stands for. `what` names the text in the error.
    static func decode<Value: Decodable>(
        _ type: Value.Type,
        from text: some Sequence<UInt8>,
        _ what: String
    ) throws(SessiondClientError) -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            guard let date = date(try container.decode(String.self)) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "no date-time")
            }
            return date
        }
        do {
            return try decoder.decode(type, from: Data(text))
        } catch {
            // What was read may hold a session's data, and so may the decoder's error.
            throw .unintelligible(what: what)
        }
    }

    /// The members of an object. `what` names the text in the error.
    static func members(
        of text: ArraySlice<UInt8>,
        _ what: String
    ) throws(SessiondClientError) -> JSONObjectText {
        do {
            return try JSONObjectText(text, depthMax: depthMax)
        } catch {
            throw .unintelligible(what: what)
        }
    }

    /// A date-time of RFC 3339, with or without a fraction.
    static func date(_ text: String) -> Date? {
        try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains(".")))
    }

    /// A date-time of RFC 3339 with milliseconds in UTC.
    static func text(_ date: Date) -> String {
        // The style cuts fractions off, and a `Date` may be a little below the millisecond that it stands for.
        let half = 0.000_5
        return date.addingTimeInterval(half).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
