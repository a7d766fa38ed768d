import SessionModel

/// Whether it is open that sessions were flushed, and the session that will tell.
struct FlushSuspicion {
    /// How many sessions are looked at to find one that tells.
    static let attemptsMax = 16
    /// A session that expires sooner tells nothing.
    static let marginMilliseconds: Int64 = 10_000

    /// How many sessions may be written while it is open; with more, nothing vouches for the others any more.
    private static let writtenCountMax = 1000

    private var state = State.none
    /// Sessions that were written since it is open: that they are there tells nothing of what happened before.
    private var written: Set<SessionKey> = []

    private enum State {
        case none
        /// This session is being read.
        case reading(SessionKey)
        /// It was found as it was, at this time; had it been written again, that is announced before what is sent later.
        case found(SessionKey, at: Int64)
    }

    /// Whether it is still unknown.
    var isOpen: Bool {
        if case .none = state { false } else { true }
    }

    /// Whether this session is to tell.
    func isAbout(_ key: SessionKey) -> Bool {
        switch state {
        case .none: false
        case .reading(let suspect), .found(let suspect, _): suspect == key
        }
    }

    func isReading(_ key: SessionKey) -> Bool {
        if case .reading(key) = state { true } else { false }
    }

    mutating func begin(with key: SessionKey) { state = .reading(key) }

    /// A session was written.
    mutating func noteWritten(_ key: SessionKey) {
        if isOpen, written.count <= Self.writtenCountMax { written.insert(key) }
    }

    /// Whether a session's being there could tell that there was no flush.
    func mayVouch(_ key: SessionKey) -> Bool { written.count <= Self.writtenCountMax && !written.contains(key) }

    mutating func found(_ key: SessionKey, at uptime: Int64) { state = .found(key, at: uptime) }

    /// All that was announced before this time has been heard.
    mutating func announcementsHeard(before uptime: Int64) {
        if case .found(_, let at) = state, at < uptime { end() }
    }

    mutating func end() {
        state = .none
        if !written.isEmpty { written = [] }
    }
}
