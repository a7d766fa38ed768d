import SessionModel

@testable import RedisTransport

/// Writes down what the link tells. Confined to the link's loop.
final class RecordingConsumer: LinkConsumer {
    private(set) var calls: [String] = []
    private(set) var found: Set<SessionKey> = []
    private(set) var values: [SessionKey: StoredValue] = [:]
    /// Set by a test that has scanned keys fetched at the end of the turn, as the daemon does.
    var fetch: ([SessionKey]) -> Void = { _ in }
    /// Likewise, for values that are not short.
    var fetchWhole: (SessionKey, @escaping (StoredValue) -> Void) -> Void = { _, _ in }
    private var wanted: [SessionKey] = []

    func subscriptionEstablished(_ hearing: Hearing) {
        calls.append("subscribed \(hearing.source)")
    }

    func trackingChanged(isOn: Bool) {
        calls.append(isOn ? "tracking" : "not tracking")
    }

    func keyInvalidated(_ key: SessionKey) {
        calls.append("invalidated \(String(decoding: key.bytes, as: UTF8.self))")
    }

    func everythingInvalidated() {
        calls.append("everything invalidated")
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

    func heard(until: Int64) {
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

    var takesKeys = true

    func scanStarted() {
        calls.append("scan started")
    }

    func scanned(_ keys: [SessionKey]) {
        found.formUnion(keys)
        wanted += keys
    }

    /// How far the scan had come, after each page but the last.
    private(set) var shares: [Double?] = []

    func scanAdvanced(toShare share: Double?) {
        shares.append(share)
    }

    func scanEnded() {
        calls.append("scan ended")
    }

    func comparisonStarted() {
        calls.append("comparison started")
    }

    func comparisonFound(_ keys: [SessionKey]) {
        calls.append("compared \(keys.count)")
    }

    func comparisonEnded() {
        calls.append("comparison ended")
    }

    func fetched(_ values: [(SessionKey, StoredValue)]) {
        for (key, value) in values {
            if case .long = value.content { fetchWhole(key) { [unowned self] in self.values[key] = $0 } }
            self.values[key] = value
        }
    }
}
