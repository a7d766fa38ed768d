import DjangoSession
import Foundation
import Testing

/// A line of `Protocols/vectors/values`.
struct ValueVector: CustomTestStringConvertible {
    let name: String
    /// Nil for what no Django had a part in.
    let django: DjangoVersion?
    let isSigned: Bool
    let keys: [String]
    let salts: [String]?
    let serializer: DecodedSession.Serializer?
    let compressor: DecodedSession.Compression?
    let value: [UInt8]
    let expect: JSONValue

    var testDescription: String { name }

    init(_ line: String) throws {
        let vector = try JSONValue(line)
        name = try #require(vector["name"]?.string)
        django = vector["django"]?.string.flatMap { DjangoVersion($0) }
        isSigned = vector["encoding"]?.string != "cache"
        keys = vector["keys"]?.strings ?? []
        salts = vector["salts"]?.strings
        serializer = vector["serializer"]?.string.flatMap { DecodedSession.Serializer(rawValue: $0) }
        compressor = vector["compressor"]?.string.flatMap { DecodedSession.Compression(rawValue: $0) }
        value = [UInt8](try #require(vector["value"]?.string.flatMap { Data(base64Encoded: $0) }))
        expect = try #require(vector["expect"])
    }

    /// With the vector's own Django, serializer and compressor.
    var decoder: SessionDecoder {
        isSigned
            ? SessionDecoder(verification: .keys(secretKeys), salts: salts, serializer: serializer, django: django)
            : SessionDecoder(cacheSerializer: serializer, compressor: compressor, django: django)
    }

    /// With nothing said but the keys and salts.
    var guessingDecoder: SessionDecoder {
        isSigned
            ? SessionDecoder(verification: .keys(secretKeys), salts: salts) : SessionDecoder(cacheSerializer: nil)
    }

    private var secretKeys: [SecretKey] { keys.map { SecretKey(Array($0.utf8)) } }

    static func all(in files: String...) throws -> [ValueVector] {
        try files.flatMap { file in
            try Places.lines(of: Places.valueVectors.appending(path: file)).map(ValueVector.init)
        }
    }

    func check(_ session: DecodedSession) throws {
        #expect(session.userID == expect["user_id"]?.string)
        #expect(session.backend == expect["backend"]?.string)
        #expect(session.layout.rawValue == expect["layout"]?.string)
        #expect(session.serializer.rawValue == expect["serializer"]?.string)
        #expect(session.compression.rawValue == expect["compression"]?.string)
        #expect(session.keyIndex.map(Int64.init) == expect["key"]?.integer)
        #expect(session.signedAt == expect["signed_at"]?.integer)
        #expect(try JSONValue(session.data) == expect["data"])
    }
}

@Suite("Stored values of real Django versions")
struct ValueVectorTests {
    @Test(
        "What every Django refuses is refused, for the reason that the vector names",
        arguments: try ValueVector.all(in: "refused.ndjson")
    )
    func refusedByAll(vector: ValueVector) throws {
        let error = try #require(throws: DecodeError.self) { _ = try vector.guessingDecoder.decode(vector.value) }
        if let reason = vector.expect["reason"]?.string { #expect(error.reason == reason, "\(error)") }
    }

    @Test(
        "What its Django, serializer and compressor refuse is refused",
        arguments: try ValueVector.all(in: "refused-pickled.ndjson", "refused-cache.ndjson", "objects.ndjson")
            .filter { $0.expect["ok"] == .bool(false) }
    )
    func refused(vector: ValueVector) throws {
        let error = try #require(throws: DecodeError.self) { _ = try vector.decoder.decode(vector.value) }
        #expect(!error.description.contains("sessiond_pwned"))
    }

    @Test(
        "What Django reads is read as that Django reads it, also without knowing what wrote it",
        arguments: try ValueVector.all(
            in: "signing.ndjson", "legacy.ndjson", "pickled.ndjson", "cache.ndjson", "objects.ndjson"
        ).filter { $0.expect["ok"] == .bool(true) }
    )
    func accepted(vector: ValueVector) throws {
        try vector.check(try vector.decoder.decode(vector.value))
        let guessed = try vector.guessingDecoder.decode(vector.value)
        #expect(guessed.userID == vector.expect["user_id"]?.string)
    }

    @Test(
        "Without verification the same data comes out, and no key is named",
        arguments: try ValueVector.all(in: "signing.ndjson", "legacy.ndjson", "pickled.ndjson")
    )
    func unverified(vector: ValueVector) throws {
        let decoder = SessionDecoder(verification: .none, serializer: vector.serializer)
        let session = try decoder.decode(vector.value)
        #expect(session.keyIndex == nil)
        #expect(session.userID == vector.expect["user_id"]?.string)
        // What `mark_safe` text is depends on the version, which is not said here.
        if vector.serializer != .pickle { #expect(try JSONValue(session.data) == vector.expect["data"]) }
    }
}
