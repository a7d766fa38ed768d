import DjangoSession
import SessionModel

/// What Redis answered for a key, made into an entry of the table.
struct ValueReader: Sendable {
    private let decoder: SessionDecoder
    /// Why the last value that could not be decoded could not; for the operator.
    private(set) var lastFault: DecodeError.Why?

    init(decoder: SessionDecoder) {
        self.decoder = decoder
    }

    /// The entry that a stored value makes; nil where there is no session.
    ///
    /// - Parameter wantsData: whether the session's data is needed, even if memory has dropped it.
    mutating func entry(
        of key: SessionKey, _ value: StoredValue, after old: SessionEntry?, wantsData: Bool = false,
        in epoch: LinkEpoch, at now: Moment
    ) -> SessionEntry? {
        var entry: SessionEntry
        switch value.content {
        case .absent: return nil
        case .otherType: entry = reject(.unreadable, key, valueDigest: 0, at: now)
        case .string(let bytes): entry = reread(bytes, old, wantsData) ?? decode(bytes, of: key, at: now)
        }
        entry.epoch = epoch
        switch value.expiry {
        case .never: (entry.deadline, entry.expiresAt) = (.max, nil)
        case .after(let milliseconds):
            // Counted from the question, so that it is never later than the truth.
            let (sum, isOver) = value.askedAt.addingReportingOverflow(milliseconds)
            entry.deadline = isOver ? .max : sum
            entry.expiresAt = isOver ? nil : now.wall(atUptime: sum)
        }
        return entry
    }

    /// The old entry again, if the stored bytes are the same: only the expiry can have moved.
    private func reread(_ bytes: [UInt8], _ old: SessionEntry?, _ wantsData: Bool) -> SessionEntry? {
        guard var entry = old, entry.valueDigest == bytes.hashValue, !wantsData || entry.hasData else { return nil }
        entry.isTouched = false
        return entry
    }

    private mutating func decode(_ bytes: [UInt8], of key: SessionKey, at now: Moment) -> SessionEntry {
        let session: DecodedSession
        do throws(DecodeError) {
            session = try decoder.decode(bytes)
        } catch {
            let reason: RejectionReason = if case .invalid = error { .invalid } else { .unreadable }
            if reason == .unreadable { lastFault = error.why }
            return reject(reason, key, valueDigest: bytes.hashValue, at: now)
        }
        return SessionEntry(
            session: Fingerprint(of: key), standing: Standing(session), form: StoredForm(session, readAt: now.wall),
            epoch: .none, deadline: .max, expiresAt: nil, changedAt: now.uptime, firstSeenAt: now.wall,
            data: session.data, valueDigest: bytes.hashValue
        )
    }

    private func reject(
        _ reason: RejectionReason, _ key: SessionKey, valueDigest: Int, at now: Moment
    ) -> SessionEntry {
        SessionEntry(
            session: Fingerprint(of: key), standing: .rejected(reason), epoch: .none, deadline: .max, expiresAt: nil,
            changedAt: now.uptime, firstSeenAt: now.wall, data: nil, valueDigest: valueDigest
        )
    }
}
