import SessionModel

/// What lookups read of a session, in 64 bytes: one cache line.
///
/// ```
///   key 24                 │ fingerprint 16     │ user 16            │ bits 8
///   32 × 6 bits            │                    │ or, of an anonymous│ deadline 43, epoch 6, backend 8,
///                          │                    │ one, when it       │ standing 2, touched, superseded,
///                          │                    │ changed            │ UUID, outsized, vacant
/// ```
/// A session that does not fit, by its key, its user or whatever else, is outsized: its entry stands elsewhere as it is, and here is
/// only what is needed to find it and to walk over it.
struct PackedSession {
    var key = PackedKey.none
    var session = Fingerprint.none
    private var user = (low: UInt64(0), high: UInt64(0))
    private var bits: UInt64 = Field.vacant.mask

    /// Nothing.
    static let vacant = PackedSession()

    /// Some of the bits.
    private struct Field {
        let shift: UInt64
        let width: UInt64

        var valueMax: UInt64 { 1 << width - 1 }
        var mask: UInt64 { valueMax << shift }

        static let deadline = Field(shift: 0, width: 43)
        static let epoch = Field(shift: 43, width: 6)
        static let backend = Field(shift: 49, width: 8)
        static let standing = Field(shift: 57, width: 2)
        static let touched = Field(shift: 59, width: 1)
        static let superseded = Field(shift: 60, width: 1)
        static let uuid = Field(shift: 61, width: 1)
        static let outsized = Field(shift: 62, width: 1)
        static let vacant = Field(shift: 63, width: 1)
    }

    @inline(__always)
    private subscript(field: Field) -> UInt64 {
        get { bits >> field.shift & field.valueMax }
        set { bits = bits & ~field.mask | newValue << field.shift }
    }

    @inline(__always)
    private subscript(flag flag: Field) -> Bool {
        get { bits & flag.mask != 0 }
        set { if newValue { bits |= flag.mask } else { bits &= ~flag.mask } }
    }

    enum Standing: UInt64 {
        case authenticated, anonymous, invalid, unreadable
    }

    var standing: Standing {
        @inline(__always) get { Standing(rawValue: self[.standing]) ?? .unreadable }
        set { self[.standing] = newValue.rawValue }
    }

    var isVacant: Bool {
        get { self[flag: .vacant] }
        set { self[flag: .vacant] = newValue }
    }

    /// Whether somebody is logged in.
    var isLive: Bool { !isVacant && standing == .authenticated }

    var isOutsized: Bool {
        @inline(__always) get { self[flag: .outsized] }
        set { self[flag: .outsized] = newValue }
    }

    var isTouched: Bool {
        @inline(__always) get { self[flag: .touched] }
        set { self[flag: .touched] = newValue }
    }

    var isSuperseded: Bool {
        @inline(__always) get { self[flag: .superseded] }
        set { self[flag: .superseded] = newValue }
    }

    /// The number of the backend among those that the table knows.
    var backend: UInt8 {
        @inline(__always) get { UInt8(self[.backend]) }
        set { self[.backend] = UInt64(newValue) }
    }

    var epoch: EpochTag {
        @inline(__always) get { EpochTag(bits: self[.epoch]) }
        set { self[.epoch] = newValue.bits }
    }

    /// Whether it was read under this epoch, has not changed since as far as was announced, and has not expired.
    @inline(__always)
    func isBelieved(under epoch: EpochTag, at uptime: Int64) -> Bool {
        self.epoch == epoch && !isTouched && uptime < deadline
    }

    // MARK: The deadline

    /// Deadlines begin 34 years before the monotonic clock does, so that one that passed before it started can be told.
    private static let deadlineBias: Int64 = 1 << 40

    /// The latest deadline that fits; a later one is never.
    static let latestDeadline = Int64(Field.deadline.valueMax) - 1 - deadlineBias

    /// By the monotonic clock, in milliseconds; `Int64.max` for never.
    var deadline: Int64 {
        @inline(__always) get {
            let value = self[.deadline]
            return value == Field.deadline.valueMax ? .max : Int64(value) - Self.deadlineBias
        }
        set {
            self[.deadline] =
                newValue > Self.latestDeadline
                ? Field.deadline.valueMax : UInt64(max(newValue, -Self.deadlineBias) + Self.deadlineBias)
        }
    }

    // MARK: Whose it is

    /// Whose it is; nothing that means anything unless somebody is logged in.
    var userID: PackedUserID {
        @inline(__always) get { PackedUserID(low: user.low, high: user.high, isUUID: self[flag: .uuid]) }
        set {
            user = newValue.words
            self[flag: .uuid] = newValue.isUUID
        }
    }

    /// When it changed, by the monotonic clock; kept of those alone that are nobody's.
    var changedAt: Int64 {
        get { Int64(bitPattern: user.low) }
        set { user = (UInt64(bitPattern: newValue), 0) }
    }
}

/// Which epoch a value was read under, in six bits.
///
/// A tag comes again after 63 epochs; before it does, the table takes it from all that still have it.
struct EpochTag: Equatable {
    let bits: UInt64

    /// Of what was read under no epoch, or so long ago that it does not matter.
    static let none = EpochTag(bits: 0)

    /// After so many epochs a tag comes again.
    static let period: UInt64 = 63

    init(bits: UInt64) {
        self.bits = bits
    }

    init(_ epoch: LinkEpoch) {
        bits = epoch.number == 0 ? 0 : (epoch.number - 1) % Self.period + 1
    }

    /// The epoch, where `current` is the latest one.
    func epoch(before current: LinkEpoch) -> LinkEpoch {
        guard self != .none, current.number > 0 else { return .none }
        let age = (EpochTag(current).bits + Self.period - bits) % Self.period
        return current.number > age ? LinkEpoch(number: current.number - age) : .none
    }
}
