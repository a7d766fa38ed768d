import SessionModel

@testable import RedisTransport

/// Writes down what the link tells. Confined to the link's loop.
final class RecordingConsumer: LinkConsumer {
    private(set) var calls: [String] = []
    private(set) var found: Set<SessionKey> = []
    private(set) var values: [SessionKey: StoredValue] = [:]
    /// Set by a test that has scanned keys fetched at the end of the turn, as the daemon does.
    var fetch: ([SessionKey]) -> Void = { _ in }
    private var wanted: [SessionKey] = []

    func subscriptionEstablished(notifications: NotificationAssurance) {
        calls.append("subscribed \(notifications)")
    }

    func subscriptionLost(cause: String) {
        calls.append("subscription lost: \(cause)")
    }

    func keyspaceEvent(_ event: KeyspaceEvent, named name: [UInt8], of key: SessionKey) {
        calls.append("\(String(decoding: name, as: UTF8.self)) \(String(decoding: key.bytes, as: UTF8.self))")
    }

    func foreignKeySeen() {
        calls.append("foreign key")
    }

    func pongReceived(pingSentAt: Int64) {
        if calls.last != "pong" { calls.append("pong") }
    }

    func turnEnded() {
        guard !wanted.isEmpty else { return }
        fetch(wanted)
        wanted = []
    }

    func askingEstablished() {
        calls.append("asking")
    }

    func askingLost(cause: String) {
        calls.append("asking lost: \(cause)")
    }

    func scanStarted() {
        calls.append("scan started")
    }

    func scanned(_ keys: [SessionKey]) {
        found.formUnion(keys)
        wanted += keys
    }

    func scanEnded() {
        calls.append("scan ended")
    }

    func fetched(_ values: [(SessionKey, StoredValue)]) {
        for (key, value) in values { self.values[key] = value }
    }
}
