package import SessionModel

/// How many stored values of which kind the table holds.
package struct SessionCounts: Sendable, Equatable {
    package init() {}

    package var authenticated = 0
    package var anonymous = 0
    package var invalid = 0
    package var unreadable = 0

    package var total: Int { authenticated + anonymous + invalid + unreadable }

    /// More values fail their signature than not: most likely the secret key is another one.
    var isMostlyInvalid: Bool { invalid * 2 > total }

    mutating func add(_ standing: Standing) { count(standing, by: 1) }
    mutating func remove(_ standing: Standing) { count(standing, by: -1) }

    private mutating func count(_ standing: Standing, by difference: Int) {
        switch standing {
        case .authenticated: authenticated += difference
        case .anonymous: anonymous += difference
        case .rejected(.invalid): invalid += difference
        case .rejected(.unreadable): unreadable += difference
        }
    }
}

/// The directory's figures for `server.status`.
package struct DirectoryFigures: Sendable {
    package var condition: LinkPhase.Name
    package var epoch: LinkEpoch
    package var hearing: Hearing
    package var sessions: SessionCounts
    package var storedForms: StoredForms
    package var userCount: Int
    /// Keys under the pattern that are no sessions: too long, no UTF-8, or of another Redis type.
    package var foreignKeyCount: Int
    package var fetchCount: Int
    package var overtakenCount: Int
    /// Sessions that memory was wrong about, and Redis had not announced.
    package var staleFoundCount: Int
    /// Sessions that were compared with Redis.
    package var comparedCount: Int
    /// Bytes of session data in memory.
    package var dataBytes: Int
    /// Lookups of unknown keys that were refused: more were asked than Redis is to be burdened with.
    package var refusedMissCount: Int
}
