import DjangoSession
import Foundation
import Testing

/// A line of `Protocols/vectors/values`.
struct ValueVector: CustomTestStringConvertible {
    let name: String
    let keys: [String]
    let salts: [String]?
    let value: [UInt8]
    let expect: JSONValue

    var testDescription: String { name }

    init(_ line: String) throws {
        let vector = try JSONValue(line)
        name = try #require(vector["name"]?.string)
        keys = try #require(vector["keys"]?.strings)
        salts = vector["salts"]?.strings
        value = [UInt8](try #require(vector["value"]?.string.flatMap { Data(base64Encoded: $0) }))
        expect = try #require(vector["expect"])
    }

    var decoder: SessionDecoder {
        SessionDecoder(verification: .keys(keys.map { SecretKey(Array($0.utf8)) }), salts: salts)
    }

    static func all(in file: String) throws -> [ValueVector] {
        try Places.lines(of: Places.valueVectors.appending(path: file)).map(ValueVector.init)
    }
}

@Suite("Stored values of real Django versions")
struct ValueVectorTests {
    @Test(
        "What every Django refuses is refused, for the reason that the vector names",
        arguments: try ValueVector.all(in: "refused.ndjson")
    )
    func refused(vector: ValueVector) throws {
        let error = try #require(throws: DecodeError.self) { _ = try vector.decoder.decode(vector.value) }
        if let reason = vector.expect["reason"]?.string { #expect(error.reason == reason, "\(error)") }
    }

    @Test(
        "What Django reads is read as Django reads it",
        arguments: try ValueVector.all(in: "signing.ndjson") + ValueVector.all(in: "legacy.ndjson")
    )
    func accepted(vector: ValueVector) throws {
        let session = try vector.decoder.decode(vector.value)
        let expect = vector.expect
        #expect(session.userID == expect["user_id"]?.string)
        #expect(session.backend == expect["backend"]?.string)
        #expect(session.layout.rawValue == expect["layout"]?.string)
        #expect(session.serializer.rawValue == expect["serializer"]?.string)
        #expect(session.compression.rawValue == expect["compression"]?.string)
        #expect(session.keyIndex.map(Int64.init) == expect["key"]?.integer)
        #expect(session.signedAt == expect["signed_at"]?.integer)
        #expect(try JSONValue(session.data) == expect["data"])
    }

    @Test(
        "Without verification the same data comes out, and no key is named",
        arguments: try ValueVector.all(in: "signing.ndjson") + ValueVector.all(in: "legacy.ndjson")
    )
    func unverified(vector: ValueVector) throws {
        let session = try SessionDecoder(verification: .none).decode(vector.value)
        #expect(session.keyIndex == nil)
        #expect(try JSONValue(session.data) == vector.expect["data"])
    }
}
