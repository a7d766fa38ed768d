import JSONRPC
import SessionModel

/// Results as JSON text. The order of the members is the contract's.
enum ResultText {
    /// `session.identity`.
    static func identity(_ verdict: SessionAnswer.Verdict) -> Result<[UInt8], RPCError> {
        object(verdict) { _ in }
    }

    /// `session.get`.
    static func session(_ answer: SessionAnswer) -> Result<[UInt8], RPCError> {
        object(answer.verdict) { json in
            if case .nobody(.unknown) = answer.verdict {
                json.member("found", false)
            } else {
                json.member("found", true)
            }
            guard let data = answer.data?.visible else { return }
            json.key("data")
            json.raw(data.json)
            json.member("omitted", data.omittedCount)
        }
    }

    private static func object(
        _ verdict: SessionAnswer.Verdict, _ writeMore: (inout JSONWriter) -> Void
    ) -> Result<[UInt8], RPCError> {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        switch verdict {
        case .authenticated, .nobody: json.members(of: verdict)
        case .overloaded(let wait): return .failure(.overloaded(retryAfterMilliseconds: wait))
        case .unavailable(let cause):
            return .failure(.unavailable(retryAfterMilliseconds: retryAfterMilliseconds, cause: cause))
        }
        writeMore(&json)
        json.endObject()
        return .success(json.bytes)
    }

    /// When to ask again where Redis could not be asked: about as long as a reconnect takes.
    private static let retryAfterMilliseconds = 250

    /// `session.list` and `user.sessions`.
    static func page(_ page: SessionListPage) -> [UInt8] {
        var json = JSONWriter(capacity: 256 * (page.sessions.count + 1))
        json.beginObject()
        json.members(of: page)
        json.endObject()
        return json.bytes
    }

    /// `events.query`.
    static func events(_ batch: EventBatch) -> [UInt8] {
        var json = JSONWriter(capacity: 512 * (batch.events.count + 1))
        json.beginObject()
        json.members(of: batch)
        json.endObject()
        return json.bytes
    }

    /// `session.revoke` and `user.revoke`.
    static func revoked(_ count: Int) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("revoked", count)
        json.endObject()
        return json.bytes
    }

    /// `journal.forget`.
    static func forgotten(_ forgotten: Forgotten) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("forgotten", forgotten.eventCount)
        json.member("id", forgotten.id.description)
        json.endObject()
        return json.bytes
    }

    /// `events.subscribe`.
    static func subscribed(_ number: Int, position: EventID) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("subscription", number)
        json.member("position", position.description)
        json.endObject()
        return json.bytes
    }

    /// `server.info`.
    static func info(version: String, limits: Limits, rights: Rights, peer: Peer) -> [UInt8] {
        var json = JSONWriter(capacity: 768)
        json.beginObject()
        json.member("name", "sessiond")
        json.member("version", version)
        json.member("protocol", 1)
        json.key("limits")
        LimitsText.write(limits, to: &json)
        json.key("rights")
        json.beginArray()
        for name in rights.names { json.string(name) }
        json.endArray()
        json.key("peer")
        json.beginObject()
        json.member("uid", peer.uid)
        json.member("gid", peer.gid)
        json.member("pid", peer.pid)
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
