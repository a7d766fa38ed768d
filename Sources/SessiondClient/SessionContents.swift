import Foundation
import JSONRPC
import SessionModel

/// A session and what is in it.
public struct SessionContents: Hashable, Sendable {
    /// Who is behind it.
    public let identity: SessionIdentity
    /// Whether Redis holds a value under the key.
    public let isFound: Bool
    /// The decoded session as far as the caller may see it, as JSON text; nil where there is none or it cannot be decoded. What JSON
    /// has no word for stands as a tagged object, `{"$py":…}`.
    public let data: [UInt8]?
    /// How many members of the session the caller may not see.
    public let omittedCount: Int

    /// The data as a type of yours.
    ///
    /// - Throws: `DecodingError` where the data is not of this type, or where there is none.
    public func data<Value: Decodable>(as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(data ?? []))
    }

    /// The data spread over lines, to be read by people; nil where there is none.
    public var prettyData: String? {
        data.map { PrettyJSON.text($0) }
    }

    private struct Members: Decodable {
        let found: Bool
        let omitted: Int?
    }

    /// The contents of a result of `session.get`. The data is kept as its text, so that it can be nested and large.
    init(result: ArraySlice<UInt8>) throws(SessiondClientError) {
        let what = "a result of session.get"
        let members = try Wire.members(of: result, what)
        var rest = JSONWriter()
        rest.beginObject()
        for (name, text) in members.members where !(name == "data") {
            rest.key(escaping: name.string)
            rest.raw(text)
        }
        rest.endObject()
        let decoded = try Wire.decode(Members.self, from: rest.bytes, what)
        identity = try Wire.decode(SessionIdentity.self, from: rest.bytes, what)
        isFound = decoded.found
        omittedCount = decoded.omitted ?? 0
        data = members["data"].map(Array.init)
    }
}
