import DjangoSession

/// How a decoded session is stored. Every entry of the table holds one, so it is small.
struct StoredForm: Sendable, Hashable {
    /// When the value was signed, in hours since 1970; nil where the value does not say.
    ///
    /// A time behind the daemon's clock by more than ``hoursMax`` counts as just that old, and one ahead of it as now,
    /// so that values cannot bring forth more forms than these hours allow.
    let signedHour: Int32?
    /// Which secret key signed the value, from 0; nil without verification.
    private(set) var keyIndex: UInt16?
    let layout: DecodedSession.Layout
    let serializer: DecodedSession.Serializer
    let compression: DecodedSession.Compression

    /// How far back the times of signing are told apart: a year and a day.
    static let hoursMax: Int64 = 366 * 24

    /// - Parameter wall: when the value was read, in milliseconds since 1970.
    init(_ session: DecodedSession, readAt wall: Int64) {
        signedHour = session.signedAt.map { seconds in
            let now = Self.hour(of: wall)
            return Int32(clamping: min(max(seconds / 3600, now - Self.hoursMax), now))
        }
        keyIndex = session.keyIndex.map { UInt16(clamping: $0) }
        layout = session.layout
        serializer = session.serializer
        compression = session.compression
    }

    /// The same after the keys were put in another order; under a key that is no more, no form.
    func moved(by indices: [Int: Int]) -> StoredForm? {
        guard let keyIndex else { return self }
        guard let index = indices[Int(keyIndex)] else { return nil }
        var form = self
        form.keyIndex = UInt16(clamping: index)
        return form
    }

    /// - Parameter wall: milliseconds since 1970.
    static func hour(of wall: Int64) -> Int64 { wall / 3_600_000 }
}
