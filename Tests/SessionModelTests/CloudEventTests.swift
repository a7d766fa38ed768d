import Foundation
import SessionModel
import Testing

@Suite struct CloudEventTests {
    private func text(_ event: SessionEvent) -> String {
        String(decoding: event.cloudEvent(source: "urn:uuid:5f0c2c52-6a5e-4f0c-9f0a-0d8c1c6f7a11"), as: UTF8.self)
    }

    private func data(_ event: SessionEvent) -> String {
        let text = text(event)
        guard let start = text.firstRange(of: #""data":"#) else { return text }
        return String(text[start.upperBound...].dropLast())
    }

    @Test("Names that need escapes are escaped")
    func escapes() {
        let kind = SessionEvent.Kind.changed(userID: UserID("\"\n"), keys: ["\\", "\u{1}", "é"])
        #expect(data(Sample.event(kind)) == #"{"user_id":"\"\n","keys":["\\","\u0001","é"]}"#)
    }

    @Test("A login is written with all its attributes")
    func login() {
        let kind = SessionEvent.Kind.login(
            userID: UserID("42"),
            backend: "m.B",
            expiresAt: 1_796_635_800_000,
            cause: .created
        )
        #expect(
            text(Sample.event(kind, of: fingerprint("abc"))) == """
                {"specversion":"1.0","id":"0000000000000001-0000000000000002",\
                "source":"urn:uuid:5f0c2c52-6a5e-4f0c-9f0a-0d8c1c6f7a11","type":"dev.sessiond.login",\
                "time":"2026-12-07T09:30:00.123Z","subject":"ba7816bf8f01cfea414140de5dae2223",\
                "datacontenttype":"application/json","data":{"user_id":"42","backend":"m.B",\
                "expires_at":"2026-12-07T09:30:00Z","cause":"created"}}
                """
        )
    }

    @Test("Events of users and of the link have no subject")
    func subjects() {
        for event in Sample.everyKind {
            #expect(text(event).contains(#""subject""#) == (event.subject != nil))
        }
    }

    @Test("Each kind holds what the contract says")
    func kinds() {
        let session = fingerprint("abc")
        #expect(
            data(Sample.login(session, .rotated(previous: session)))
                == #"{"user_id":"1","backend":"b","expires_at":null,"cause":"rotated","previous_session":"ba7816bf8f01cfea414140de5dae2223"}"#
        )
        #expect(
            data(Sample.logout(session, .missing))
                == #"{"user_id":"1","backend":"b","login_id":"0000000000000001-0000000000000001","reason":"missing"}"#
        )
        #expect(data(Sample.event(.userOnline(UserID("1")))) == #"{"user_id":"1"}"#)
        #expect(data(Sample.event(.userOffline(UserID("1")))) == #"{"user_id":"1"}"#)
        #expect(
            data(Sample.event(.renewed(userID: UserID("1"), expiresAt: nil))) == #"{"user_id":"1","expires_at":null}"#
        )
        #expect(data(Sample.event(.rejected(.unreadable))) == #"{"reason":"unreadable"}"#)
        #expect(data(Sample.event(.link(.lost, gapMilliseconds: nil))) == #"{"state":"lost","gap_seconds":null}"#)
        #expect(data(Sample.event(.link(.live, gapMilliseconds: 1250))) == #"{"state":"live","gap_seconds":1.25}"#)
    }

    @Test("Every kind is JSON")
    func json() throws {
        for event in Sample.everyKind {
            let object = try JSONSerialization.jsonObject(with: Data(event.cloudEvent(source: "urn:uuid:x")))
            let members = try #require(object as? [String: Any])
            #expect(members["type"] as? String == event.type.rawValue)
        }
    }
}
