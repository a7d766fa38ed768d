import DjangoSession
import SessionModel
import TestSupport
import Testing

@testable import SessionDirectory

/// The table beside a plain dictionary and a plain list.
@Suite struct SessionTableTests {
    private static let offset: Int64 = 1_700_000_000_000

    private static func key(_ text: String) -> SessionKey {
        guard let key = SessionKey(text) else { preconditionFailure("a test's own key") }
        return key
    }

    /// Sessions of every kind: those that fit into a record, and those that do not, for each reason.
    private struct Maker {
        var random: SeededGenerator

        mutating func key() -> SessionKey {
            let number = Int.random(in: 0..<60, using: &random)
            return switch number % 4 {
            case 0: SessionTableTests.key("odd key \(number)")
            case 1: SessionTableTests.key("UPPERCASE\(number)")
            default: SessionTableTests.key(String(repeating: "k", count: 30) + String(10 + number))
            }
        }

        mutating func userID() -> UserID {
            switch Int.random(in: 0..<4, using: &random) {
            case 0: UserID("a user with a long name \(Int.random(in: 0..<3, using: &random))")
            case 1: UserID("3f2504e0-4f89-41d3-9a0c-0305e82c330\(Int.random(in: 0..<3, using: &random))")
            default: UserID("\(Int.random(in: 0..<5, using: &random))")
            }
        }

        mutating func standing() -> Standing {
            switch Int.random(in: 0..<6, using: &random) {
            case 0: .anonymous(isEmpty: Bool.random(using: &random))
            case 1: .rejected(Bool.random(using: &random) ? .invalid : .unreadable)
            default:
                .authenticated(
                    Login(
                        userID: userID(), backend: "backend \(Int.random(in: 0..<300, using: &random))",
                        password: PasswordMark([UInt8.random(in: 0...3, using: &random)]),
                        contentDigest: UInt32.random(in: 0...9, using: &random),
                        isSuperseded: Bool.random(using: &random)))
            }
        }

        mutating func entry(of key: SessionKey, in epoch: LinkEpoch) -> SessionEntry {
            let standing = standing()
            let deadlines: [Int64] = [
                .max, 0, -5, 1_000_000, PackedSession.latestDeadline, PackedSession.latestDeadline + 1,
            ]
            let deadline = deadlines[Int.random(in: deadlines.indices, using: &random)]
            let isLogin = standing.login != nil
            return SessionEntry(
                session: Fingerprint(of: key), standing: standing, form: nil,
                epoch: Bool.random(using: &random) ? epoch : .none, isTouched: Bool.random(using: &random),
                deadline: deadline, expiresAt: deadline == .max ? nil : deadline + offset,
                changedAt: isLogin ? 0 : Int64.random(in: 0...1 << 40, using: &random),
                firstSeenAt: Int64.random(in: 0...1 << 41, using: &random),
                data: Bool.random(using: &random) ? Array("{\"a\":1}".utf8) : nil,
                valueDigest: Int.random(in: .min ... .max, using: &random),
                loginID: isLogin && Bool.random(using: &random)
                    ? EventID(
                        run: UInt64.random(in: 0..<4, using: &random),
                        sequence: UInt64.random(in: 1...(1 << 41), using: &random)) : nil,
                isOwed: Bool.random(using: &random), comparison: UInt8.random(in: 0...255, using: &random))
        }
    }

    @Test("Holds what was stored, as a dictionary does, and who has which sessions, as a list does", arguments: 0..<12)
    func asDictionary(seed: UInt64) {
        let table = SessionTable()
        table.tell(Moment(uptime: 0, wall: Self.offset))
        var epoch = LinkEpoch.none
        epoch.advance()
        table.open(epoch)
        var maker = Maker(random: SeededGenerator(seed: seed))
        var expected: [SessionKey: SessionEntry] = [:]
        /// In the order in which they became somebody's.
        var order: [(key: SessionKey, userID: UserID)] = []
        func leave(_ key: SessionKey) { order.removeAll { $0.key == key } }
        for _ in 0..<1500 {
            let key = maker.key()
            switch Int.random(in: 0..<8, using: &maker.random) {
            case 0:
                let removed = table.remove(key)
                #expect(removed?.entry == expected.removeValue(forKey: key))
                leave(key)
            case 1:
                let isThere = table.touch(key, at: 77)
                #expect(isThere == (expected[key] != nil))
                expected[key]?.isTouched = true
                if expected[key]?.standing.login == nil { expected[key]?.changedAt = 77 }
            case 2:
                table.update(key) { $0.isOwed.toggle() }
                expected[key]?.isOwed.toggle()
            default:
                let entry = maker.entry(of: key, in: epoch)
                let before = expected[key]?.standing.login?.userID
                #expect(table.store(entry, for: key).old == expected.updateValue(entry, forKey: key))
                let userID = entry.standing.login?.userID
                if before != userID {
                    leave(key)
                    if let userID { order.append((key, userID)) }
                }
            }
            let other = maker.key()
            #expect(table.entry(of: other) == expected[other])
            let userID = maker.userID()
            let own = order.filter { $0.userID == userID }.map(\.key)
            #expect(
                table.newestSessions(of: userID, limit: 3).map { table.key(at: $0) }
                    == own.reversed().prefix(3).map { $0 })
            #expect(table.sessionCount(of: userID) == own.count)
            #expect(table.hasToldLogin(of: userID) == own.contains { expected[$0]?.loginID != nil })
            #expect(
                Set(table.liveSessions(of: userID, after: nil, limit: 100).compactMap { table.key(at: $0) }) == Set(own)
            )
        }
        #expect(table.count == expected.count)
        #expect(table.liveCount == order.count)
        #expect(table.userCount == Set(order.map(\.userID)).count)
        #expect(Set(table.keys { _, _ in true }) == Set(expected.keys))
        #expect(table.sharedCounts.allSatisfy { $0 <= expected.count })
    }

    @Test("The tag of an epoch that comes again proves nothing that was read long before")
    func epochTags() {
        let table = SessionTable()
        var epoch = LinkEpoch.none
        epoch.advance()
        table.open(epoch)
        var maker = Maker(random: SeededGenerator(seed: 5))
        let key = Self.key(String(repeating: "k", count: 32))
        var entry = maker.entry(of: key, in: epoch)
        (entry.standing, entry.epoch, entry.deadline, entry.loginID) = (.anonymous(isEmpty: false), epoch, .max, nil)
        table.store(entry, for: key)
        for _ in 0..<EpochTag.period - 1 {
            epoch.advance()
            table.open(epoch)
            #expect(table.entry(of: key)?.epoch == LinkEpoch(number: 1))
        }
        epoch.advance()
        table.open(epoch)
        #expect(table.entry(of: key)?.epoch == LinkEpoch.none)
    }

    @Test("Pages hold every session once, whatever comes and goes between them", arguments: [1, 3, 7, 100])
    func pages(limit: Int) {
        let table = SessionTable()
        var maker = Maker(random: SeededGenerator(seed: 3))
        func login(_ number: Int) {
            let key = Self.key("session \(number)")
            var entry = maker.entry(of: key, in: .none)
            entry.standing = .authenticated(
                Login(userID: UserID("\(number % 3)"), backend: "b", password: .none, contentDigest: 0))
            table.store(entry, for: key)
        }
        for number in 0..<60 { login(number) }
        for userID in [nil, UserID("0")] {
            var seen: [SessionKey] = []
            var after: SessionPlace?
            var next = 1000
            while true {
                let page = table.liveSessions(of: userID, after: after, limit: limit)
                seen += page.prefix(limit).compactMap { table.key(at: $0) }
                guard page.count > limit else { break }
                after = page[limit - 1]
                // What is behind the page goes, and others take its place.
                if let last = seen.last, seen.count % 2 == 0 { table.remove(last) }
                login(next)
                next += 1
            }
            #expect(Set(seen).count == seen.count)
            let first = (0..<60).filter { userID == nil || $0 % 3 == 0 }.map { Self.key("session \($0)") }
            let missed = first.filter { !seen.contains($0) && table.entry(of: $0) != nil }
            #expect(missed.isEmpty)
        }
    }
}

extension SessionEntry: Equatable {
    static func == (left: SessionEntry, right: SessionEntry) -> Bool {
        "\(left)" == "\(right)"
    }
}
