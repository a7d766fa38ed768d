import NIOHTTP1
import SessionModel

/// Whether the daemon can answer from memory now, and why it cannot.
enum ReadinessAnswer {
    static func answer(_ link: ServiceFigures.Link) -> Answer {
        let why = reason(link)
        var json = JSONWriter()
        json.beginObject()
        json.member("ready", why == nil)
        json.member("state", link.state)
        json.member("proven", link.isProven)
        if let why { json.member("why", why) }
        json.endObject()
        guard why != nil else { return .json(.ok, json.bytes) }
        return Answer.json(.serviceUnavailable, json.bytes).with("Retry-After", "1")
    }

    private static func reason(_ link: ServiceFigures.Link) -> String? {
        switch link.state {
        case "live":
            if link.isProven { return nil }
            return link.hearsChanges
                ? "Redis has not answered on the connection that hears of changes for --max-staleness"
                : "Redis announces no changes, so every lookup has to ask it: see --invalidation"
        case "scanning": return "sessions are being read from Redis"
        case "distrusted":
            return "most sessions fail their signature: compare --secret-key-file with Django's SECRET_KEY"
        default: return "there is no connection to Redis"
        }
    }
}
