import DjangoSession
import Foundation
import TestSupport
import Testing

@Suite("The signer that tests use")
struct DjangoSignerTests {
    @Test(
        "A value of the legacy layout is the very one that Django wrote",
        arguments: try ValueVector.all(in: "legacy.ndjson")
    )
    func legacy(vector: ValueVector) throws {
        // Where the base64 is as Django writes it; some vectors have junk or line breaks in it.
        guard let decoded = Data(base64Encoded: Data(vector.value)), decoded.count > 41 else { return }
        let salt = vector.salts?.first
        let written = DjangoSigner(secretKey: try vector.signingKey, salt: salt).legacy([UInt8](decoded.dropFirst(41)))
        #expect(written == vector.value)
    }

    @Test("An uncompressed value of the signing layout is, too", arguments: try ValueVector.all(in: "signing.ndjson"))
    func signing(vector: ValueVector) throws {
        let parts = vector.value.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        // Up to Django 3.0 this layout was signed with SHA-1, which the signer does not write.
        try #require(parts.count == 3)
        guard parts[2].count == 43 else { return }
        let signer = DjangoSigner(secretKey: try vector.signingKey, salt: vector.salts?.first)
        #expect(signer.signing(body: Array(parts[0]), timestamp: Array(parts[1])) == vector.value)

        // Two vectors have the standard alphabet or padding in the payload, which Django reads but does not write.
        guard !vector.name.hasPrefix("neg_") else { return }
        let body = String(decoding: parts[0], as: UTF8.self)
            .replacing("-", with: "+").replacing("_", with: "/").padding(toLength: (parts[0].count + 3) / 4 * 4)
        guard let payload = Data(base64Encoded: body), let signedAt = vector.expect["signed_at"]?.integer else {
            return
        }
        #expect(signer.signing([UInt8](payload), signedAt: signedAt, compression: .never) == vector.value)
    }

    @Test("It compresses only where that saves two bytes, as Django does, or as it is told")
    func compression() throws {
        func compression(_ payload: String, _ wish: DjangoSigner.Compression) throws -> DecodedSession.Compression {
            try decoder.decode(signer.signing(payload, compression: wish)).compression
        }
        #expect(try compression("{}", .whereShorter) == .none)
        #expect(try compression("{}", .always) == .zlib)
        let long = #"{"a":"\#(String(repeating: "x", count: 100))"}"#
        #expect(try compression(long, .whereShorter) == .zlib)
        #expect(try compression(long, .never) == .none)
    }
}

extension ValueVector {
    /// The key that the value is signed with.
    fileprivate var signingKey: String {
        get throws { keys[Int(try #require(expect["key"]?.integer))] }
    }
}

extension String {
    fileprivate func padding(toLength length: Int) -> String {
        self + String(repeating: "=", count: Swift.max(0, length - utf8.count))
    }
}
