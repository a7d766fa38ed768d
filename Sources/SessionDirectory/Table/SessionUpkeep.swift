import SessionModel

/// What the writer alone needs of a session, in 40 bytes.
///
/// ```
///   next, previous 8  │ password, content 8 │ value 8 │ login 8              │ bits 8
///   of the same user  │ digests             │ digest  │ event 40, run 16,    │ first seen 42, form 16,
///                     │                     │         │ comparison 8         │ empty, owed, queued
/// ```
struct SessionUpkeep {
    /// The user's sessions are a ring, in the order in which somebody logged in; of a vacant record `next` is another one.
    var next: UInt32 = 0
    var previous: UInt32 = 0
    var password = PasswordMark.none
    var contentDigest: UInt32 = 0
    var valueDigest = 0
    private var login: UInt64 = 0
    private var bits: UInt64 = 0

    // MARK: The open login

    private static let sequenceWidth: UInt64 = 40
    private static let sequenceMax: UInt64 = 1 << sequenceWidth - 1

    /// An event's id in 56 bits: its number, and the number of its run among those that the table knows.
    struct Login: Equatable {
        var sequence: UInt64
        var run: UInt16

        /// Nil where the number is too large.
        init?(sequence: UInt64, run: UInt16) {
            guard sequence > 0, sequence <= SessionUpkeep.sequenceMax else { return nil }
            (self.sequence, self.run) = (sequence, run)
        }
    }

    /// The event that announced the open login; events are numbered from 1.
    var loginID: Login? {
        get {
            Login(
                sequence: login & Self.sequenceMax,
                run: UInt16(truncatingIfNeeded: login >> Self.sequenceWidth))
        }
        set {
            let id = newValue.map { $0.sequence | UInt64($0.run) << Self.sequenceWidth } ?? 0
            login = id | UInt64(comparison) << 56
        }
    }

    /// The last comparison with Redis that found the key, modulo 256.
    var comparison: UInt8 {
        get { UInt8(login >> 56) }
        set { login = login & ~(0xFF << 56) | UInt64(newValue) << 56 }
    }

    // MARK: The rest

    private static let (firstSeenWidth, formWidth): (UInt64, UInt64) = (42, 16)
    private static let firstSeenMax: UInt64 = 1 << firstSeenWidth - 1
    private static let (isEmptyMask, isOwedMask, isQueuedMask): (UInt64, UInt64, UInt64) = (1 << 58, 1 << 59, 1 << 60)

    /// When the key was first seen, in milliseconds since 1970, before the year 2109.
    var firstSeenAt: Int64 {
        get { Int64(bits & Self.firstSeenMax) }
        set { bits = bits & ~Self.firstSeenMax | UInt64(min(max(newValue, 0), Int64(Self.firstSeenMax))) }
    }

    /// The number of the stored form among those that the table knows, from 1; 0 for none.
    var form: UInt16 {
        get { UInt16(truncatingIfNeeded: bits >> Self.firstSeenWidth) }
        set { bits = bits & ~(0xFFFF << Self.firstSeenWidth) | UInt64(newValue) << Self.firstSeenWidth }
    }

    /// An anonymous session that holds nothing at all.
    var isEmpty: Bool {
        get { bits & Self.isEmptyMask != 0 }
        set { if newValue { bits |= Self.isEmptyMask } else { bits &= ~Self.isEmptyMask } }
    }

    /// The login event is still to be written.
    var isOwed: Bool {
        get { bits & Self.isOwedMask != 0 }
        set { if newValue { bits |= Self.isOwedMask } else { bits &= ~Self.isOwedMask } }
    }

    /// ``DeadlineWatch`` holds the record.
    var isQueued: Bool {
        get { bits & Self.isQueuedMask != 0 }
        set { if newValue { bits |= Self.isQueuedMask } else { bits &= ~Self.isQueuedMask } }
    }
}
