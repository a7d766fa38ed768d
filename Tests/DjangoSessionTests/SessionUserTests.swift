import DjangoSession
import TestSupport
import Testing

@Suite("Who is logged in")
struct SessionUserTests {
    @Test(
        "Nobody, where the id or the backend is missing, empty, or no text",
        arguments: [
            "{}", #"{"_auth_user_id":"1"}"#, #"{"_auth_user_backend":"b"}"#,
            #"{"_auth_user_id":"","_auth_user_backend":"b"}"#, #"{"_auth_user_id":"1","_auth_user_backend":""}"#,
            #"{"_auth_user_id":null,"_auth_user_backend":"b"}"#, #"{"_auth_user_id":true,"_auth_user_backend":"b"}"#,
            #"{"_auth_user_id":1.5,"_auth_user_backend":"b"}"#, #"{"_auth_user_id":1.0,"_auth_user_backend":"b"}"#,
            #"{"_auth_user_id":["1"],"_auth_user_backend":"b"}"#, #"{"_auth_user_id":"1","_auth_user_backend":1}"#,
            #"{"_auth_user_id":"\ud800","_auth_user_backend":"b"}"#,
            #"{"_auth_user_id":"1","_auth_user_backend":null}"#,
            #"{"a":{"_auth_user_id":"1","_auth_user_backend":"b"}}"#,
            #"{"_auth_user_id":"1","_auth_user_backend":"b","_auth_user_id":null}"#,
            #"{"a":"\",\"_auth_user_id\":\"1\",\"_auth_user_backend\":\"b"}"#,
        ]
    )
    func nobody(payload: String) throws {
        let session = try decoder.decode(signer.signing(payload))
        #expect(session.userID == nil)
        #expect(session.backend == nil)
        #expect(session.authHash == nil)
    }

    @Test(
        "Somebody, by the text of the id or the digits of an integer",
        arguments: [
            (#""42""#, "42"), ("42", "42"), ("-1", "-1"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            (#""\u00e9\"\n""#, "é\"\n"),
            (#""2b1189a1-88b4-4ad1-8c35-e113ac6ceead""#, "2b1189a1-88b4-4ad1-8c35-e113ac6ceead"),
        ]
    )
    func somebody(id: String, userID: String) throws {
        let payload = #"{"_auth_user_hash":"é","x":{"y":[1]},"_auth_user_id":\#(id),"_auth_user_backend":"a.b"}"#
        for value in [signer.signing(payload), signer.legacy(payload)] {
            let session = try decoder.decode(value)
            #expect(session.userID == userID)
            #expect(session.backend == "a.b")
            #expect(session.authHash.map { String(decoding: $0, as: UTF8.self) } == "Ã©")
        }
    }

    @Test("The last of repeated ids counts, also beside a tagged name")
    func repeated() throws {
        let payload = #"{"_auth_user_id":"1","$py":0,"_auth_user_backend":"b","_auth_user_id":"2"}"#
        #expect(try decoder.decode(signer.signing(payload)).userID == "2")
    }

    @Test("A session says whether it is empty, and how it was written")
    func forms() throws {
        let empty = try decoder.decode(signer.signing("{ }"))
        #expect(empty.isEmpty && empty.layout == .signing && empty.compression == .none)
        let compressed = try decoder.decode(signer.signing(loginJSON))
        #expect(!compressed.isEmpty && compressed.compression == .zlib && compressed.signedAt == 1_700_000_000)
        let legacy = try decoder.decode(signer.legacy(loginJSON))
        #expect(legacy.layout == .legacy && legacy.compression == .none && legacy.signedAt == nil)
        #expect(legacy.keyIndex == 0 && legacy.serializer == .json)
    }
}
