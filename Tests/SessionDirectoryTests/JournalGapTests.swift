import SessionModel
import Testing

@testable import SessionDirectory

/// A time that the journal knows nothing of: how it is told, and what is made of the sessions that lived through it.
@Suite struct JournalGapTests {
    private static let wall: Int64 = 1_700_000_000_000

    private func links(_ scene: borrowing Scene) -> [String] {
        scene.events.compactMap { event in
            guard case .link(let condition, let gap) = event.kind else { return nil }
            return "\(condition.rawValue) at \(event.time - Self.wall) after \(gap.map(String.init) ?? "-")"
        }
    }

    // MARK: Link events

    @Test("Without a daemon: lost when the last one was alive, unless that is told, and live when all was read")
    func stopped() {
        for isTold in [false, true] {
            var scene = Scene.beginning(with: [:], isTold: isTold)
            scene.advance(1000)
            scene.catchUp()
            #expect(links(scene) == (isTold ? [] : ["lost at -500 after -"]) + ["live at 1000 after 500"])
        }
    }

    @Test("With a daemon that could not write: both ends at once, the first one unless it is told")
    func interrupted() {
        for isTold in [false, true] {
            var scene = Scene()
            scene.open([:], gap: JournalOpening.Gap(cause: .interrupted, since: Self.wall - 700, isTold: isTold))
            #expect(
                links(scene) == (isTold ? [] : ["journal_lost at -700 after -"]) + ["journal_live at 0 after 700"])
        }
    }

    @Test("An interruption in which nothing is lost is told from its beginning to its end")
    func resumed() {
        var scene = Scene()
        scene.machine.journalInterrupted(since: scene.now.wall, &scene.effects)
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.advance(2000)
        scene.machine.journalResumed(since: scene.now.wall - 2000, at: scene.now, &scene.effects)
        scene.collect()
        #expect(links(scene) == ["journal_lost at 0 after -", "journal_live at 2000 after 2000"])
        #expect(scene.told.contains("login created A"))
    }

    @Test("A clock that went back makes no gap of less than nothing")
    func clock() {
        var scene = Scene()
        scene.open([:], gap: JournalOpening.Gap(cause: .interrupted, since: Self.wall + 5000, isTold: true))
        #expect(links(scene) == ["journal_live at 0 after 0"])
    }

    // MARK: Sessions

    @Test("A session that was renewed meanwhile is told to be, so that the journal knows its expiry")
    func renewed() {
        var scene = Scene.beginning(with: ["A": Scene.openLogin(1, of: "1", expiresAt: Self.wall + 1000)], isTold: true)
        scene.put("A", Scene.payload("1"), milliseconds: 50_000)
        scene.catchUp()
        #expect(scene.told == ["link live"])
        let renewals = scene.events.compactMap { event -> Int64?? in
            if case .renewed(_, let expiresAt) = event.kind { expiresAt } else { nil }
        }
        #expect(renewals == [Self.wall + 50_000])
    }

    @Test("A session whose deadline passes before it was seen is expired at that time", arguments: [Int64(0), 1, 400])
    func expired(late: Int64) {
        var scene = Scene.beginning(with: ["A": Scene.openLogin(1, of: "1", expiresAt: Self.wall - late)], isTold: true)
        scene.catchUp()
        let logout = scene.events.first { $0.type == .logout }
        #expect(scene.told == ["logout expired A", "offline 1", "link live"])
        #expect(logout?.time == Self.wall - late)
    }

    @Test("A session that ended before its deadline is missing, at the time at which that was found")
    func missing() {
        var scene = Scene.beginning(with: ["A": Scene.openLogin(1, of: "1", expiresAt: Self.wall + 2000)], isTold: true)
        scene.advance(10)
        scene.catchUp()
        #expect(scene.told == ["logout missing A", "offline 1", "link live"])
        #expect(scene.events.first { $0.type == .logout }?.time == Self.wall + 10)
    }

    @Test("A user goes offline with the last of the sessions, not before; who has a new one stays online")
    func offline() {
        var scene = Scene.beginning(
            with: [
                "A": Scene.openLogin(1, of: "1"), "B": Scene.openLogin(2, of: "1"), "C": Scene.openLogin(3, of: "2"),
            ], isTold: true)
        scene.put("A", Scene.payload("1"))
        scene.put("D", Scene.payload("2"))
        scene.catchUp()
        #expect(!scene.told.contains { $0.hasPrefix("online") || $0.hasPrefix("offline") })
        #expect(Set(scene.told.filter { $0.hasPrefix("logout") }) == ["logout missing B", "logout missing C"])
        scene.delete("A")
        #expect(scene.told.suffix(2) == ["logout deleted A", "offline 1"])
    }

    @Test("A value that turned bad meanwhile is a logout and a rejection, where most others are good")
    func rejected() {
        var scene = Scene.beginning(
            with: [
                "A": Scene.openLogin(1, of: "1"), "B": Scene.openLogin(2, of: "2"), "C": Scene.openLogin(3, of: "3"),
            ], isTold: true)
        scene.put("A", Scene.payload("1"), secretKey: "another")
        scene.put("B", Scene.payload("2"))
        scene.put("C", Scene.payload("3"))
        scene.catchUp()
        #expect(scene.told == ["logout invalid A", "offline 1", "rejected invalid A", "link live"])
    }

    @Test("A session whose login is unwritten and that changes its user writes all, in order")
    func switched() {
        var scene = Scene.beginning(with: ["A": Scene.openLogin(1, of: "1")], isTold: true)
        scene.put("A", Scene.payload("2"))
        scene.scanAndAnswer()
        scene.set("A", Scene.payload("3"))
        scene.answer()
        #expect(
            scene.told == [
                "logout switched A", "offline 1", "login discovered A", "online 2", "logout switched A", "offline 2",
                "login switched A", "online 3",
            ])
        scene.endScan()
        scene.writeBacklog()
        #expect(scene.told.suffix(1) == ["link live"])
    }

    // MARK: Opened anew

    @Test("What is held back for a rotation when events went nowhere is found by comparing")
    func rotation() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        let logins = scene.openLogins
        scene.set("B", Scene.payload("1"))
        scene.answer()
        scene.delete("A")
        let told = scene.told.count
        scene.open(logins, gap: JournalOpening.Gap(cause: .interrupted, since: Self.wall, isTold: true), run: 7)
        scene.advance(1000)
        scene.writeBacklog()
        let ofSessions = scene.told[told...].filter { !$0.hasPrefix("link") }
        #expect(ofSessions == ["login discovered B", "logout missing A"])
    }

    @Test("Opened while everything is being read anew, nothing is written before that is done")
    func catchingUp() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.lose()
        scene.subscribe()
        let told = scene.told.count
        scene.open(
            ["B": Scene.openLogin(1, of: "2")],
            gap: JournalOpening.Gap(cause: .interrupted, since: Self.wall, isTold: true))
        let isDue = scene.machine.hasBacklogDue
        #expect(!isDue)
        scene.catchUp()
        scene.writeBacklog()
        #expect(
            Set(scene.told[told...]).isSuperset(of: [
                "login discovered A", "online 1", "logout missing B", "offline 2", "link live",
            ]))
        #expect(scene.events.filter { $0.type == .login && $0.id.run == 8 }.count == 1)
    }

    @Test("Opened twice, the second one decides")
    func twice() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        let logins = scene.openLogins
        let gap = JournalOpening.Gap(cause: .interrupted, since: Self.wall, isTold: true)
        scene.open([:], gap: gap, run: 8)
        scene.open(logins, gap: gap, run: 9)
        scene.writeBacklog()
        #expect(!scene.told.contains("login discovered A"))
        scene.delete("A")
        scene.advance(1000)
        let logout = scene.events.last { $0.type == .logout }
        guard case .logout(_, _, let loginID, .deleted)? = logout?.kind else {
            Issue.record("no logout")
            return
        }
        #expect(loginID == logins["A"]?.id && logout?.id.run == 9)
    }
}
