import NIOHTTP1
import SessionModel

/// Who is behind a session, as JSON: what `session.identity` of the socket tells.
enum IdentityAnswer {
    static func answer(_ verdict: SessionAnswer.Verdict) -> Answer {
        switch verdict {
        case .authenticated, .nobody:
            var json = JSONWriter()
            json.beginObject()
            json.members(of: verdict)
            json.endObject()
            return .json(.ok, json.bytes)
        case .unavailable(let cause): return .unavailable(cause, retryAfterMilliseconds: 1000)
        case .overloaded(let wait): return .unavailable("too much is asked", retryAfterMilliseconds: wait)
        }
    }
}
