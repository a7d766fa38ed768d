import DjangoSession
import SessionModel

/// What Redis answered for a key, made into an entry of the table.
struct ValueReader: Sendable {
    let decoder: SessionDecoder
    /// Tells these keys from those of another time.
    let version: UInt32
    private let briefDecoder: SessionDecoder
    /// Why the last value that could not be decoded could not; for the operator.
    private(set) var lastFault: DecodeError.Why?

    init(decoder: SessionDecoder, version: UInt32 = 0) {
        self.decoder = decoder
        self.version = version
        briefDecoder = decoder.bounded(by: .brief)
    }

    /// Decodes a value that is small; nil for one that takes its time.
    ///
    /// - Parameter wantsData: whether the session's data is needed, even if memory has dropped it.
    func readBriefly(_ value: StoredValue, after old: SessionEntry?, wantsData: Bool) -> ReadValue? {
        switch value.content {
        case .absent: return ReadValue(.absent, of: value)
        case .otherType: return ReadValue(.rejected(.unreadable, nil), of: value)
        case .long: return nil
        case .string(let bytes):
            let digest = Hasher.digest(of: bytes)
            if let old, Self.isReusable(old, wantsData), old.valueDigest == digest {
                return ReadValue(.unchanged, valueDigest: digest, of: value)
            }
            do throws(DecodeError) {
                let session = try briefDecoder.decode(bytes)
                return ReadValue(.session(session, Standing(session)), valueDigest: digest, of: value)
            } catch {
                if case .bound(let name, _) = error.why, DecodeBounds.brief.isNarrow(at: name) { return nil }
                return ReadValue(.rejected(error), valueDigest: digest, of: value)
            }
        }
    }

    /// Whether an entry can stand for an equal value.
    static func isReusable(_ entry: SessionEntry, _ wantsData: Bool) -> Bool { !wantsData || entry.hasData }

    /// The entry that a value makes; nil where there is no session.
    ///
    /// - Parameter old: the entry before, which stands where the value is unchanged.
    mutating func entry(
        of key: SessionKey, _ value: ReadValue, after old: SessionEntry?, in epoch: LinkEpoch, at now: Moment
    ) -> SessionEntry? {
        var entry: SessionEntry
        switch value.content {
        case .absent: return nil
        case .unchanged:
            guard let old else { return nil }
            entry = old
            entry.isTouched = false
        case .session(let session, let standing):
            entry = SessionEntry(
                session: Fingerprint(of: key), standing: standing, form: StoredForm(session, readAt: now.wall),
                epoch: .none, deadline: .max, expiresAt: nil, changedAt: now.uptime, firstSeenAt: now.wall,
                data: session.data, valueDigest: value.valueDigest
            )
        case .rejected(let reason, let fault):
            if let fault { lastFault = fault }
            entry = SessionEntry(
                session: Fingerprint(of: key), standing: .rejected(reason), epoch: .none, deadline: .max,
                expiresAt: nil, changedAt: now.uptime, firstSeenAt: now.wall, data: nil,
                valueDigest: value.valueDigest
            )
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
}
