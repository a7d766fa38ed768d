import Foundation
import SessiondClient

/// What the commands say, in one place.
enum Words {
    /// A sentence on who is logged in.
    static func login(_ login: SessionIdentity.Login) -> String {
        var parts = [
            "user \(Terminal.safe(login.userID)) (\(Terminal.safe(login.backend)))", "session \(login.session)",
            login.expiresAt.map { "expires \(time($0))" } ?? "never expires",
        ]
        if login.isSuperseded {
            parts.append("superseded: most likely the password was changed since")
        }
        if let age = login.staleMilliseconds {
            parts.append("as it was \(age) ms ago")
        }
        return parts.joined(separator: ", ")
    }

    /// Why nobody is logged in.
    static func reason(_ reason: SessionIdentity.Reason) -> String {
        switch reason {
        case .unknown: "there is no such session (unknown)"
        case .anonymous: "nobody is logged in under this session (anonymous)"
        case .invalid: "the signature of the stored session fits no secret key (invalid)"
        case .unreadable: "the stored session cannot be decoded (unreadable)"
        default: Terminal.safe(reason.rawValue)
        }
    }

    /// What happened, in a line: the time, the type and a sentence.
    static func event(_ event: SessiondEvent) -> String {
        Columns.line([event.timeText, Terminal.safe(event.shortType), sentence(event)], widths: [24, 12, 0])
    }

    /// What happened, in a line that stands beside the time in a log: the type and a sentence.
    static func message(_ event: SessiondEvent) -> String {
        "\(Terminal.safe(event.shortType)): \(sentence(event))"
    }

    /// A time in whole seconds.
    static func time(_ date: Date) -> String {
        date.formatted(.iso8601)
    }

    /// A number of things.
    static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// What happened, without the time and the type.
    static func sentence(_ event: SessiondEvent) -> String {
        let details = event.details
        let user = details.userID.map { "user \($0)" }
        let session = event.subject.map { "session \($0)" }
        let expiry = details.expiresAt.map { "expires \(time($0))" } ?? "never expires"
        let parts: [String?] =
            switch event.type {
            case .login: [user, details.cause, session, details.previousSession.map { "before \($0)" }, expiry]
            case .logout, .rejected: [user, details.reason, session]
            case .renewed: [user, session, expiry]
            case .changed: [user, session, details.keys.map { "keys \($0.joined(separator: " "))" }]
            case .forgotten:
                [details.events.map { "\(count($0, "event")) erased" }, details.byUID.map { "by uid \($0)" }]
            case .erased: [details.type.map { $0.replacing("dev.sessiond.", with: "", maxReplacements: 1) }]
            case .link: [details.state, details.gapSeconds.map { "after \($0) s" }]
            default: [user, session]
            }
        return Terminal.safe(parts.compactMap(\.self).joined(separator: ", "))
    }
}
