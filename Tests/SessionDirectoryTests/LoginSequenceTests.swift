import SessionModel
import Testing

@testable import SessionDirectory

/// Django's sequences of writes, and the events that a person would call true.
@Suite struct LoginSequenceTests {
    /// After which steps Redis answers: every subset of `steps` steps.
    private static func interleavings(_ steps: Int) -> [[Bool]] {
        (0..<(1 << steps)).map { bits in (0..<steps).map { bits & 1 << $0 != 0 } }
    }

    @Test("A login without a session before is one login, whenever Redis answers", arguments: interleavings(2))
    func fresh(answers: [Bool]) {
        var scene = Scene()
        scene.set("B", Scene.payload(nil))
        if answers[0] { scene.answer() }
        scene.set("B", Scene.payload("1"))
        if answers[1] { scene.answer() }
        scene.answer()
        #expect(scene.told == ["login created B", "online 1"])
        #expect(scene.cached("B") == "1")
    }

    @Test("A login from an anonymous session is one login and no logout", arguments: interleavings(3))
    func fromAnonymous(answers: [Bool]) {
        var scene = Scene()
        scene.set("A", Scene.payload(nil, extra: #""colour":1"#))
        scene.answer()
        scene.set("B", Scene.payload(nil, extra: #""colour":1"#))
        if answers[0] { scene.answer() }
        scene.delete("A")
        if answers[1] { scene.answer() }
        scene.set("B", Scene.payload("1", extra: #""colour":1"#))
        if answers[2] { scene.answer() }
        scene.answer()
        // Where no reply came between the two writes, nobody can know that the first one was anonymous.
        let cause = answers[0] || answers[1] ? "upgraded" : "created"
        #expect(scene.told == ["login \(cause) B", "online 1"])
    }

    @Test("A password change is a rotation, whenever Redis answers", arguments: interleavings(4))
    func passwordChange(answers: [Bool]) {
        var scene = Scene()
        scene.set("B", Scene.payload("1", hash: "old", extra: #""a":1"#))
        scene.answer()
        scene.advance(5000)
        scene.set("C", Scene.payload("1", hash: "old", extra: #""a":1"#))
        if answers[0] { scene.answer() }
        scene.advance(3)
        scene.delete("B")
        if answers[1] { scene.answer() }
        scene.set("C", Scene.payload("1", hash: "new", extra: #""a":1"#))
        if answers[2] { scene.answer() }
        scene.advance(3)
        if answers[3] { scene.answer() }
        scene.answer()
        #expect(scene.told == ["login created B", "online 1", "login rotated C from B", "logout rotated B"])
        scene.advance(1000)
        #expect(scene.told.count == 4)
    }

    @Test("A deletion more than 250 ms after the new key is no rotation")
    func tooLate() {
        var scene = Scene()
        scene.set("B", Scene.payload("1"))
        scene.answer()
        scene.set("C", Scene.payload("1"))
        scene.answer()
        scene.advance(251)
        #expect(scene.told == ["login created B", "online 1", "login created C"])
        scene.delete("B")
        #expect(scene.told.last == "logout deleted B")
    }

    @Test("A second browser with the same data is a login, told when nothing else can come")
    func twins() {
        var scene = Scene()
        scene.set("B", Scene.payload("1"))
        scene.answer()
        scene.set("C", Scene.payload("1"))
        scene.answer()
        #expect(scene.told == ["login created B", "online 1"])
        #expect(scene.cached("C") == "1", "lookups never wait")
        scene.advance(250)
        #expect(scene.told.last == "login created C")
    }

    @Test("Two sessions that end within the window leave it open which was rotated: neither was")
    func ambiguous() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.advance(1000)
        scene.set("B", Scene.payload("1"))
        scene.answer()
        scene.advance(1000)
        scene.set("C", Scene.payload("1"))
        scene.answer()
        scene.delete("A")
        scene.delete("B")
        scene.advance(1000)
        let last = scene.told.suffix(3)
        #expect(Set(last) == ["login created C", "logout deleted A", "logout deleted B"])
    }

    @Test("A held login whose session ends is told before its logout")
    func heldLoginEnds() {
        var scene = Scene()
        scene.set("B", Scene.payload("1"))
        scene.answer()
        scene.set("C", Scene.payload("1"))
        scene.answer()
        scene.delete("C")
        #expect(scene.told == ["login created B", "online 1", "login created C", "logout deleted C"])
    }

    @Test("A login as another user over a session ends the one and begins the other")
    func switchByFlush() {
        var scene = Scene()
        scene.set("B", Scene.payload("1"))
        scene.answer()
        scene.delete("B")
        scene.set("C", Scene.payload("2"))
        scene.answer()
        #expect(
            scene.told == [
                "login created B", "online 1", "logout deleted B", "offline 1", "login created C", "online 2",
            ]
        )
    }

    @Test("Another user under the same key: the logout comes first")
    func switchUnderOneKey() {
        var scene = Scene()
        scene.set("B", Scene.payload("1"))
        scene.answer()
        scene.set("B", Scene.payload("2"))
        scene.answer()
        #expect(scene.told.suffix(4) == ["logout switched B", "offline 1", "login switched B", "online 2"])
    }

    @Test("A request in flight that writes a logged-out session again: resurrected")
    func resurrected() {
        var scene = Scene()
        scene.set("B", Scene.payload("1"))
        scene.answer()
        scene.delete("B")
        scene.set("B", Scene.payload("1"))
        scene.answer()
        #expect(
            scene.told.filter { $0.contains("B") } == ["login created B", "logout deleted B", "login resurrected B"])
        scene.delete("B")
        scene.advance(Tombstones.lifetime + 1)
        scene.set("B", Scene.payload("1"))
        scene.answer()
        #expect(scene.told.last { $0.contains("B") } == "login created B")
    }

    @Test("The fork's SETNX and EXPIRE are one login, whose end comes with the second", arguments: [true, false])
    func setThenExpire(isReadBetween: Bool) {
        var scene = Scene()
        scene.put("B", Scene.payload("1"), milliseconds: nil)
        scene.announce("B", "set")
        if isReadBetween { scene.answer() }
        scene.put("B", Scene.payload("1"))
        scene.announce("B", "expire")
        scene.answer()
        #expect(scene.told == ["login created B", "online 1"])
        let renewals = scene.events.filter { $0.type == .renewed }
        #expect(renewals.count == (isReadBetween ? 1 : 0))
        #expect(scene.machine.table.entry(of: Scene.key("B"))?.expiresAt != nil)
    }

    @Test("A cookie of a logged-out session that Django writes under again is nobody's, until a login gets a new key")
    func oldCookie() {
        var scene = Scene()
        scene.set("K", Scene.payload("1"))
        scene.answer()
        scene.delete("K")
        scene.set("K", Scene.payload(nil, extra: #""seen":1"#))
        scene.answer()
        #expect(scene.told == ["login created K", "online 1", "logout deleted K", "offline 1"])
        let lookup = scene.lookUp("K")
        scene.answer()
        #expect(scene.answer(to: lookup) == "anonymous")
        scene.set("L", Scene.payload(nil, extra: #""seen":1"#))
        scene.delete("K")
        scene.set("L", Scene.payload("1", extra: #""seen":1"#))
        scene.answer()
        #expect(scene.told.suffix(2) == ["login created L", "online 1"])
    }

    @Test("A save of the same session is no login, but renews")
    func saveEveryRequest() {
        var scene = Scene()
        scene.set("B", Scene.payload("1"))
        scene.answer()
        for _ in 0..<5 {
            scene.advance(2000)
            scene.set("B", Scene.payload("1"))
            scene.answer()
        }
        #expect(scene.told == ["login created B", "online 1"])
        #expect(scene.events.count { $0.type == .renewed } == 5)
    }

    @Test("Changed members are named, their values are not")
    func changed() {
        var scene = Scene()
        scene.set("B", Scene.payload("1", extra: #""gone":1,"same":2,"other":3"#))
        scene.answer()
        scene.set("B", Scene.payload("1", extra: #""same":2,"other":4,"new":5"#))
        scene.answer()
        let keys = scene.events.compactMap { if case .changed(_, let keys) = $0.kind { keys } else { nil } }
        #expect(keys == [["gone", "new", "other"]])
    }

    @Test("A bad value is told once a change, and a good one that turns bad is a logout first")
    func rejected() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"), secretKey: "another")
        scene.answer()
        scene.announce("A", "expire")
        scene.answer()
        #expect(scene.told == ["rejected invalid A"])
        scene.set("B", Scene.payload("1"))
        scene.answer()
        scene.set("B", Scene.payload("1"), secretKey: "another")
        scene.answer()
        #expect(scene.told.suffix(3) == ["logout invalid B", "offline 1", "rejected invalid B"])
    }

    @Test("A session that lives on with nobody in it was cleared")
    func cleared() {
        var scene = Scene()
        scene.set("B", Scene.payload("1"))
        scene.answer()
        scene.set("B", Scene.payload(nil))
        scene.answer()
        #expect(scene.told.suffix(2) == ["logout cleared B", "offline 1"])
    }

    @Test("Expiry is a logout at the deadline, whoever notices first", arguments: [true, false])
    func expired(announced: Bool) {
        var scene = Scene()
        scene.set("B", Scene.payload("1"), milliseconds: 700)
        scene.answer()
        let deadline = scene.now.wall + 700
        scene.advance(699)
        #expect(scene.cached("B") == "1")
        scene.advance(1)
        scene.pong()
        #expect(scene.cached("B") == "ask", "at its deadline a session is no longer answered")
        scene.advance(30)
        if announced { scene.delete("B", announcedAs: "expired") } else { scene.delete("B", announcedAs: nil) }
        scene.answer()
        #expect(scene.told.suffix(2) == ["logout expired B", "offline 1"])
        #expect(scene.events.last { $0.type == .logout }?.time == deadline)
    }

    @Test("Every logout names its login, and ids rise")
    func ids() {
        var scene = Scene()
        scene.set("B", Scene.payload("1"))
        scene.answer()
        scene.delete("B")
        let login = scene.events.first { $0.type == .login }
        let logout = scene.events.last { $0.type == .logout }
        guard case .logout(_, _, let loginID, _)? = logout?.kind else {
            Issue.record("no logout")
            return
        }
        #expect(loginID == login?.id)
        #expect(scene.events.map(\.id.sequence) == [1, 2, 3, 4])
    }
}
