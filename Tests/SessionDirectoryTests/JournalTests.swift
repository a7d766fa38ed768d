import SessionModel
import Testing

@testable import SessionDirectory

/// What the machine does with what a journal held when it was opened.
@Suite struct JournalTests {
    private static let wall: Int64 = 1_700_000_000_000

    @Test("A session that is still there is no event, and its logout names the login of the earlier run")
    func kept() {
        var scene = Scene.beginning(with: ["A": Scene.openLogin(1, of: "1")])
        scene.put("A", Scene.payload("1"))
        scene.catchUp()
        #expect(scene.told == ["link lost", "link live"])
        scene.delete("A")
        let logout = scene.events.last { $0.type == .logout }
        guard case .logout(_, _, let loginID, .deleted)? = logout?.kind else {
            Issue.record("no logout")
            return
        }
        #expect(loginID == EventID(run: 3, sequence: 1))
        #expect(scene.told.suffix(2) == ["logout deleted A", "offline 1"])
    }

    @Test("What ended meanwhile is missing, or expired at its time")
    func gone() {
        var scene = Scene.beginning(with: [
            "A": Scene.openLogin(1, of: "1"), "B": Scene.openLogin(2, of: "2", expiresAt: Self.wall - 100),
        ])
        scene.catchUp()
        #expect(
            Set(scene.told) == [
                "link lost", "logout missing A", "offline 1", "logout expired B", "offline 2", "link live",
            ])
        #expect(scene.events.contains { $0.time == Self.wall - 100 && $0.type == .logout })
    }

    @Test("What began meanwhile is discovered; another user's session is switched, an anonymous one cleared")
    func changed() {
        var scene = Scene.beginning(with: ["A": Scene.openLogin(1, of: "1"), "B": Scene.openLogin(2, of: "1")])
        scene.put("A", Scene.payload("2"))
        scene.put("B", Scene.payload(nil))
        scene.put("C", Scene.payload("3"))
        scene.catchUp()
        #expect(scene.told.filter { $0.hasSuffix(" A") } == ["logout switched A", "login discovered A"])
        #expect(scene.told.filter { $0.hasSuffix(" B") } == ["logout cleared B"])
        #expect(scene.told.filter { $0.hasSuffix(" C") } == ["login discovered C"])
    }

    @Test("A deletion that is announced before its session was read is a logout")
    func announced() {
        var scene = Scene.beginning(with: ["A": Scene.openLogin(1, of: "1")])
        scene.announce("A", "del")
        #expect(scene.told == ["link lost", "logout deleted A", "offline 1"])
    }

    @Test("With a wrong secret key nobody is logged out; when it turns out to be right, the bad ones are")
    func distrusted() {
        var scene = Scene.beginning(with: ["A": Scene.openLogin(1, of: "1"), "B": Scene.openLogin(2, of: "2")])
        scene.put("A", Scene.payload("1"), secretKey: "another")
        scene.put("B", Scene.payload("2"), secretKey: "another")
        scene.catchUp()
        #expect(scene.told == ["link lost"])
        scene.set("A", Scene.payload("1"))
        scene.answer()
        #expect(scene.told.filter { $0.hasSuffix(" A") } == [])
        #expect(scene.told.filter { $0.hasSuffix(" B") } == ["logout invalid B", "rejected invalid B"])
    }

    @Test("Many are written in portions, only when everything was read, and a logout writes its login first")
    func backlog() {
        var scene = Scene.beginning(with: [:])
        let count = DirectoryStateMachine.backlogPortion + 100
        for number in 0..<count { scene.put("\(number)", Scene.payload("1")) }
        scene.scanAndAnswer()
        let before = scene.machine.hasBacklogDue
        #expect(!before && scene.told == ["link lost"])
        scene.delete("7")
        #expect(scene.told.filter { $0.hasSuffix(" 7") } == ["login discovered 7", "logout deleted 7"])
        scene.endScan()
        let (backlog, isDue) = (scene.machine.backlog, scene.machine.hasBacklogDue)
        #expect(isDue && backlog >= 99 && backlog <= 101)
        scene.writeBacklog()
        let after = scene.machine.backlog
        #expect(after == 0)
        #expect(scene.events.count { $0.type == .login } == count)
        #expect(scene.events.count { $0.type == .userOnline } == scene.events.count { $0.type == .userOffline } + 1)
    }

    @Test("After events went nowhere, what the journal holds decides: lost logins are discovered, lost logouts missing")
    func reopened() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.set("B", Scene.payload("2"))
        scene.answer()
        let logins = scene.openLogins
        scene.set("C", Scene.payload("3"))
        scene.answer()
        scene.delete("A")
        let told = scene.told.count
        scene.open(logins, gap: JournalOpening.Gap(cause: .interrupted, since: Self.wall, isTold: false), run: 7)
        scene.writeBacklog()
        #expect(
            Array(scene.told[told...]) == [
                "link journal_lost", "link journal_live", "login discovered C", "online 3", "logout missing A",
                "offline 1",
            ])
        scene.delete("B")
        #expect(scene.told.suffix(2) == ["logout deleted B", "offline 2"])
    }

    @Test("Who is logged in is not forgotten")
    func forget() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        var effects = DirectoryEffects()
        let refused = scene.machine.forget(UserID("1"), byUID: 0, at: scene.now, &effects)
        #expect(throws: ForgetError.loggedIn(sessions: 1)) { try refused.get() }
        scene.delete("A")
        let done = scene.machine.forget(UserID("1"), byUID: 0, at: scene.now, &effects)
        #expect(throws: Never.self) { try done.get() }
        #expect(effects.events.map(\.type) == [.forgotten])
    }
}
