import Foundation
import NIOHTTP1
import SessionModel
import Testing

@testable import HTTPService

/// What is said of a lookup, and of the link.
@Suite struct AnswerTests {
    private let session: Fingerprint

    init() throws {
        session = Fingerprint(of: try #require(SessionKey("somebodyssession")))
    }

    private func known(_ userID: String, expiresAt: Int64? = 1_796_635_800_000) -> SessionAnswer.Verdict {
        .authenticated(
            AuthenticatedSession(
                userID: UserID(userID), backend: "shop.auth.Backend", session: session, expiresAt: expiresAt))
    }

    private func headers(_ answer: Answer) -> [String: String] {
        Dictionary(answer.headers.map { ($0.name, $0.value) }) { _, last in last }
    }

    @Test("Somebody passes, with who it is in headers")
    func passes() {
        let answer = AuthAnswer.answer(known("42"), passing: .noContent)
        #expect(answer.status == .noContent && answer.body.isEmpty)
        #expect(
            headers(answer) == [
                "X-Session-User-Id": "42", "X-Session-Backend": "shop.auth.Backend",
                "X-Session-Fingerprint": session.description, "X-Session-Expires-At": "2026-12-07T09:30:00Z",
            ])
        #expect(AuthAnswer.answer(known("42"), passing: .ok).status == .ok)
        let endless = AuthAnswer.answer(known("42", expiresAt: nil), passing: .noContent)
        #expect(headers(endless)["X-Session-Expires-At"] == nil)
    }

    @Test(
        "Nothing in a user's id can leave its header, and all of it can be read back",
        arguments: [
            ("42", "42"), ("a b", "a%20b"), ("é", "%C3%A9"), ("a\r\nX-Admin: 1", "a%0D%0AX-Admin:%201"),
            ("100%", "100%25"),
            ("\u{0}\u{7F}", "%00%7F"), ("", ""), ("😀", "%F0%9F%98%80"), (#"a"b,c;d\e"#, #"a"b,c;d\e"#),
        ])
    func safeHeaders(_ userID: String, text: String) {
        let answer = AuthAnswer.answer(known(userID), passing: .noContent)
        #expect(headers(answer)["X-Session-User-Id"] == text)
        #expect(text.removingPercentEncoding == userID)
    }

    @Test("Nobody is 401; what cannot be said is 503 and never 401, with when to ask again")
    func refusals() {
        let nobody = AuthAnswer.answer(.nobody(.anonymous), passing: .noContent)
        #expect(nobody.status == .unauthorized && headers(nobody)["WWW-Authenticate"] != nil)
        let away = AuthAnswer.answer(.unavailable(cause: "x"), passing: .noContent)
        #expect(away.status == .serviceUnavailable && headers(away)["Retry-After"] == "1")
        let busy = AuthAnswer.answer(.overloaded(retryAfterMilliseconds: 1001), passing: .noContent)
        #expect(busy.status == .serviceUnavailable && headers(busy)["Retry-After"] == "2")
        #expect(IdentityAnswer.answer(.unavailable(cause: "x")).status == .serviceUnavailable)
    }

    @Test("An identity is the socket's")
    func identity() {
        let text = String(decoding: IdentityAnswer.answer(known("42")).body, as: UTF8.self)
        #expect(
            text == """
                {"authenticated":true,"user_id":"42","backend":"shop.auth.Backend","session":"\(session)",\
                "expires_at":"2026-12-07T09:30:00Z"}\n
                """)
        let nobody = String(decoding: IdentityAnswer.answer(.nobody(.unknown)).body, as: UTF8.self)
        #expect(nobody == "{\"authenticated\":false,\"reason\":\"unknown\"}\n")
    }

    @Test(
        "Ready is live and proven, and everything else says why not",
        arguments: [
            ("live", true, true, 200), ("live", false, true, 503), ("live", false, false, 503),
            ("scanning", false, true, 503), ("distrusted", false, true, 503), ("backing_off", false, true, 503),
            ("connecting", false, true, 503), ("scanning", true, true, 503),
        ])
    func readiness(_ state: String, isProven: Bool, hearsChanges: Bool, status: UInt) throws {
        var link = ServiceFigures.sample.link
        (link.state, link.isProven, link.hearsChanges) = (state, isProven, hearsChanges)
        let answer = ReadinessAnswer.answer(link)
        #expect(answer.status.code == status)
        let json = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        #expect(json?["ready"] as? Bool == (status == 200))
        #expect(json?["state"] as? String == state)
        #expect((json?["why"] == nil) == (status == 200))
    }
}
