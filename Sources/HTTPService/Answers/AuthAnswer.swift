import NIOHTTP1
import SessionModel

/// What a proxy is told that asks whether somebody may pass.
enum AuthAnswer {
    /// 204, or 200 where the proxy wants that, and who it is in headers; 401 for nobody; 503 where nobody can tell.
    ///
    /// Overload is 503, too: nginx takes every other status for an error of its own.
    ///
    /// - Parameter passing: 204, or 200 for Envoy, which takes no other for a yes.
    static func answer(_ verdict: SessionAnswer.Verdict, passing: Passing) -> Answer {
        switch verdict {
        case .authenticated(let session):
            var answer = Answer(status: passing == .noContent ? .noContent : .ok)
            answer.headers = [
                ("X-Session-User-Id", HeaderText.encoded(session.userID.text)),
                ("X-Session-Backend", HeaderText.encoded(session.backend)),
                ("X-Session-Fingerprint", session.session.description),
            ]
            if let expiresAt = session.expiresAt {
                answer.headers.append(("X-Session-Expires-At", Timestamp.seconds(expiresAt)))
            }
            if session.isSuperseded { answer.headers.append(("X-Session-Superseded", "true")) }
            if let stale = session.staleMilliseconds { answer.headers.append(("X-Session-Stale-Ms", "\(stale)")) }
            return answer
        case .nobody: return nobody
        case .unavailable: return .unavailable("Redis could not be asked in time", retryAfterMilliseconds: 1000)
        case .overloaded(let wait): return .unavailable("too much is asked", retryAfterMilliseconds: wait)
        }
    }

    /// What is said where somebody is let through.
    enum Passing {
        case noContent, ok
    }

    /// Nobody is logged in. RFC 9110 demands to say how one would be; no browser asks for a password because of it.
    static var nobody: Answer {
        Answer.text(.unauthorized, "nobody is logged in").with("WWW-Authenticate", #"Session realm="sessiond""#)
    }
}

extension Answer {
    /// It cannot be said now.
    static func unavailable(_ why: String, retryAfterMilliseconds: Int) -> Answer {
        Answer.text(.serviceUnavailable, why).with("Retry-After", "\(max(1, (retryAfterMilliseconds + 999) / 1000))")
    }
}
