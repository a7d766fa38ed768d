import Foundation
import Testing

@testable import SessiondClient
@testable import sessiond

/// Lines of `sessiond watch` on a terminal.
@Suite struct WatchTests {
    private static let session = "289a4eba01bc19932ef0b882df90efc4"

    private func line(_ event: SessiondEvent, _ clock: EventLine.Clock = .local(.gmt)) -> String {
        EventLine.line(event, at: Samples.now, clock, .unicode).text.trimmingCharacters(in: .whitespaces)
    }

    @Test("A login is when, a sign, who, how, which session, for how long")
    func login() throws {
        let event = try Samples.event(
            "login", secondsAgo: 61, subject: Self.session,
            [
                "user_id": "42", "backend": "b", "cause": "rotated", "previous_session": Self.session,
                "expires_at": "2026-12-08T09:28:59Z",
            ])
        #expect(
            line(event)
                == "09:28:59  + login         42                rotated       289a4eba  before 289a4eba, for 1 d 0 h")
        #expect(line(event, .ago).hasPrefix("1 min ago  + login "))
    }

    @Test("What happened on another day is told by how long ago that was")
    func anotherDay() throws {
        let event = try Samples.event(
            "logout", secondsAgo: 3 * 86_400, subject: Self.session, ["user_id": "42", "reason": "deleted"])
        #expect(line(event) == "3 d ago  - logout        42                deleted       289a4eba")
    }

    @Test(
        "Each type has a sign of its own beside its colour",
        arguments: [
            ("login", "+"), ("logout", "-"), ("user.online", "*"), ("user.offline", "o"), ("rejected", "!"),
            ("later", "="),
        ])
    func signs(type: String, sign: String) throws {
        #expect(line(try Samples.event(type)).hasPrefix("09:30:00  \(sign) \(type)"))
    }

    @Test("The link's coming and going look different")
    func link() throws {
        #expect(
            line(try Samples.event("link", ["state": "lost"])) == "09:30:00  ! link                            lost")
        let back = try Samples.event("link", ["state": "live", "gap_seconds": 3.5])
        #expect(line(back).hasPrefix("09:30:00  ~ link ") && line(back).hasSuffix("after 3 s"))
    }

    @Test("Whatever a user id holds stays in its column")
    func hostile() throws {
        let text = line(
            try Samples.event("login", ["user_id": "a\u{1B}[2J\n\u{202E}" + String(repeating: "日", count: 99)]))
        #expect(text.hasPrefix("09:30:00  + login         a\\u{1b}[2J\\u{a}… "))
        #expect(!text.unicodeScalars.contains { $0.value < 32 || $0.value == 0x202E })
        #expect(text.columnCount < 100)
    }

    @Test("The last line sums up what was seen; what is older than a minute is not of the last minute")
    func tally() throws {
        var tally = WatchTally()
        #expect(tally.line(at: Samples.now, .unicode).text.hasPrefix("asking the daemon · + 0 logins"))
        tally.take(try Samples.status(["sessions.users": 1234]))
        tally.take(try Samples.event("login", secondsAgo: 7200), at: Samples.now)
        tally.take(try Samples.event("login", secondsAgo: 30), at: Samples.now)
        tally.take(try Samples.event("user.online", secondsAgo: 30), at: Samples.now)
        tally.take(try Samples.event("logout", secondsAgo: 10), at: Samples.now)
        #expect(
            tally.line(at: Samples.now, .unicode).text
                == "live · 1,234 online · + 2 logins · - 1 logout · 2 in the last minute · last event 10 s ago")
        let later = Samples.now.addingTimeInterval(45)
        #expect(tally.line(at: later, .ascii).text.contains(" | 1 in the last minute | last event 55 s ago"))
        #expect(tally.summary(after: 61).text == "watched for 1 min 1 s, 2 logins, 1 logout, 1234 users online")
        tally.take(.connectionClosed)
        #expect(tally.line(at: later, .unicode).text.hasPrefix("the daemon is away · + 2 logins"))
        #expect(tally.summary(after: 0).text == "watched for 0 s, 2 logins, 1 logout")
        let error = #"{"code":-32002,"message":"forbidden","data":{"right":"identify"}}"#
        tally.take(.refused(try #require(RemoteError(Array(error.utf8)[...]))))
        #expect(tally.line(at: later, .unicode).text.hasPrefix("no figures without the right identify · + 2 logins"))
    }
}
