import SessionModel
import Synchronization
import Testing

@testable import SessionDirectory

/// Ending sessions at somebody's wish: at once, as what it is, and again where a request in flight brings them back.
@Suite struct RevokingTests {
    private static func live(isTracking: Bool = false) -> Scene {
        var scene = Scene(notifications: isTracking ? .missing : .verified, isTracking: isTracking)
        for name in ["A", "B", "C"] { scene.set(name, Scene.payload(name == "C" ? "2" : "1")) }
        scene.answer()
        scene.pong()
        return scene
    }

    private static func logouts(_ scene: borrowing Scene) -> [String] {
        scene.told.filter { $0.hasPrefix("logout") }
    }

    private static func sessions(_ scene: borrowing Scene) -> [String] {
        scene.told.filter { $0.hasPrefix("log") }
    }

    @Test("It is in no answer from when Redis was asked, and ends as revoked, by whoever wanted it")
    func key() throws {
        var scene = Self.live()
        #expect(scene.cached("A") == "1")
        scene.machine.revoking([Scene.key("A")], byUID: 7, at: scene.now)
        #expect(scene.cached("A") == "ask")
        scene.revoke(.key(Scene.key("A")))
        scene.answer()
        #expect(Self.logouts(scene) == ["logout revoked A"])
        let last = try #require(scene.events.last { $0.type == .logout })
        #expect(
            String(decoding: last.cloudEvent(source: "s"), as: UTF8.self).contains(#""reason":"revoked","by_uid":7"#))
        #expect(scene.cached("B") == "1" && scene.cached("A") == "ask")
        let lookup = scene.lookUp("A")
        scene.answer()
        #expect(scene.answer(to: lookup) == "unknown")
    }

    @Test("Its announcement may come before Redis's answer, or from CLIENT TRACKING, or never", arguments: 0..<3)
    func announcements(number: Int) {
        var scene = Self.live(isTracking: number == 1)
        switch number {
        case 0:
            scene.machine.revoking([Scene.key("A")], byUID: 7, at: scene.now)
            scene.delete("A")
            scene.machine.revoked(Scene.key("A"), wasThere: true, byUID: 7, at: scene.now)
        case 1:
            scene.revoke(.key(Scene.key("A")), announcedAs: nil)
            scene.invalidate("A")
        default:
            scene.revoke(.key(Scene.key("A")), announcedAs: nil)
            scene.answer()
            scene.advance(1)
            scene.pong()
        }
        scene.answer()
        scene.collect()
        #expect(Self.logouts(scene) == ["logout revoked A"])
    }

    @Test("All of a user's sessions, but for one")
    func user() {
        var scene = Self.live()
        let target = RevocationTarget.user(UserID("1"), except: Fingerprint(of: Scene.key("B")))
        #expect(scene.revocable(target) == 1)
        #expect(scene.revocable(.user(UserID("1"), except: nil)) == 2)
        #expect(scene.revocable(.user(UserID("3"), except: nil)) == 0)
        scene.revoke(target)
        #expect(Self.logouts(scene) == ["logout revoked A"])
        scene.revoke(.user(UserID("1"), except: nil))
        #expect(scene.told.suffix(2) == ["logout revoked B", "offline 1"])
        #expect(scene.cached("C") == "2")
    }

    @Test(
        "A session that Redis held and nobody had heard of or read ends with the user's others; a later one does not")
    func unheard() throws {
        var scene = Self.live()
        scene.put("unheard", Scene.payload("1"))
        scene.set("unread", Scene.payload("1"))
        guard case .later(let number) = scene.machine.revocable(.user(UserID("1"), except: nil), at: scene.now) else {
            Issue.record("it is known at once which sessions there are")
            return
        }
        scene.advance(1)
        scene.announce("unheard", "set")
        scene.pong()
        #expect(scene.revocables[number] == nil, "two keys are not read yet")
        scene.set("later", Scene.payload("1"))
        scene.answer()
        let keys = try #require(scene.revocables[number]).get()
        #expect(Set(keys) == Set(["A", "B", "unheard", "unread"].map(Scene.key)))
    }

    @Test(
        "A session whose login was announced before the order, and that a question from before the login shows as nobody's, ends"
    )
    func overtakenByTheLogin() throws {
        var scene = Self.live()
        scene.set("C", Scene.payload(nil))
        scene.ask()
        scene.announce("C", "set")
        guard case .later(let number) = scene.machine.revocable(.user(UserID("1"), except: nil), at: scene.now) else {
            Issue.record("it is known at once which sessions there are")
            return
        }
        scene.advance(1)
        scene.pong()
        scene.answerShort()
        scene.put("C", Scene.payload("1"))
        scene.answer()
        let keys = try #require(scene.revocables[number]).get()
        #expect(Set(keys) == Set(["A", "B", "C"].map(Scene.key)))
    }

    @Test("An order that is under way when the link is lost is told that nobody knows", arguments: [true, false])
    func lostMeanwhile(isSubscriptionLost: Bool) {
        var scene = Self.live()
        guard case .later(let number) = scene.machine.revocable(.user(UserID("1"), except: nil), at: scene.now) else {
            Issue.record("it is known at once which sessions there are")
            return
        }
        if isSubscriptionLost {
            scene.lose()
        } else {
            scene.machine.askingLost(cause: "lost", at: scene.now, &scene.effects)
            scene.collect()
        }
        if case .failure? = scene.revocables[number] { return }
        Issue.record("it is told \(String(describing: scene.revocables[number]))")
    }

    @Test("By its fingerprint; one that there is not ends nothing")
    func fingerprint() {
        var scene = Self.live()
        #expect(scene.revocable(.session(Fingerprint(of: Scene.key("Z")))) == 0)
        scene.revoke(.session(Fingerprint(of: Scene.key("C"))))
        #expect(scene.told.suffix(2) == ["logout revoked C", "offline 2"])
    }

    @Test("While not all sessions are known, nobody is told that all of a user's were ended")
    func incomplete() {
        var scene = Self.live()
        scene.lose()
        #expect(scene.revocable(.user(UserID("1"), except: nil)) == nil)
        #expect(scene.revocable(.session(Fingerprint(of: Scene.key("A")))) == nil)
        #expect(scene.revocable(.key(Scene.key("A"))) == 1)
        scene.machine.askingLost(cause: "lost", at: scene.now, &scene.effects)
        #expect(scene.revocable(.key(Scene.key("A"))) == nil)
    }

    @Test("What a request in flight writes again is told as resurrected, answered to nobody, and ended again")
    func resurrected() {
        var scene = Self.live()
        scene.revoke(.key(Scene.key("A")))
        for _ in 0..<3 {
            scene.set("A", Scene.payload("1"))
            let lookup = scene.lookUp("A")
            scene.answer()
            #expect(scene.answer(to: lookup) == "unknown")
            #expect(scene.cached("A") == "ask")
            #expect(scene.deletions.map(\.key) == [Scene.key("A")] && scene.deletions.map(\.byUID) == [7])
            scene.endResurrected()
            #expect(Self.sessions(scene).suffix(2) == ["login resurrected A", "logout revoked A"])
        }
        #expect(scene.deletions.isEmpty)
    }

    @Test(
        "No other thread is told, not even for a moment, that a session which was revoked and written again is somebody's"
    )
    func resurrectedBesideReaders() async {
        var scene = Self.live()
        scene.revoke(.key(Scene.key("A")))
        let (table, now) = (scene.machine.table, scene.now)
        let isOver = Atomic(false)
        let reader = Task.detached {
            var seenCount = 0
            repeat {
                let answer = table.answer(
                    for: Scene.key("A"), wanting: LookupWants(), now: now, freshness: Freshness())
                if answer != nil { seenCount += 1 }
            } while !isOver.load(ordering: .relaxed)
            return seenCount
        }
        for _ in 0..<3000 {
            scene.set("A", Scene.payload("1"))
            scene.answer()
            scene.endResurrected()
        }
        isOver.store(true, ordering: .relaxed)
        #expect(await reader.value == 0)
    }

    @Test(
        "Where the deletion and the writing of a request in flight are told as one, the session ends and is ended again"
    )
    func resurrectedUnheard() {
        var scene = Self.live(isTracking: true)
        scene.revoke(.key(Scene.key("A")), announcedAs: nil)
        scene.put("A", Scene.payload("1"))
        scene.invalidate("A")
        scene.answer()
        #expect(Self.sessions(scene).suffix(2) == ["logout revoked A", "login resurrected A"])
        #expect(scene.deletions.map(\.key) == [Scene.key("A")])
        scene.endResurrected()
        scene.invalidate("A")
        scene.answer()
        #expect(Self.sessions(scene).last == "logout revoked A")
    }

    @Test(
        "A reading that finds it gone before the announcement ends it as revoked, and what is written then is ended again"
    )
    func announcedLate() {
        var scene = Self.live()
        scene.machine.revoking([Scene.key("A")], byUID: 7, at: scene.now)
        // Redis deletes it and reads it, in this order; then both answers come, and nothing was announced yet.
        let lookup = scene.lookUp("A")
        scene.ask()
        scene.delete("A", announcedAs: nil)
        scene.advance(2)
        scene.machine.revoked(Scene.key("A"), wasThere: true, byUID: 7, at: scene.now)
        scene.answer()
        #expect(scene.answer(to: lookup) == "unknown")
        scene.put("A", Scene.payload("1"))
        let second = scene.lookUp("A")
        scene.answer()
        #expect(scene.answer(to: second) == "unknown")
        #expect(Self.logouts(scene) == ["logout revoked A"])
        #expect(scene.deletions.map(\.key) == [Scene.key("A")])
        scene.announce("A", "del")
        scene.announce("A", "set")
        scene.endResurrected()
        scene.answer()
        #expect(scene.cached("A") == "ask" && scene.openLogins["A"] == nil)
        #expect(!scene.told.contains("logout deleted A"))
    }

    @Test("What is written again while nothing is heard is ended again, however long that takes")
    func resurrectedInAGap() {
        var scene = Self.live()
        scene.machine.revoking([Scene.key("A")], byUID: 7, at: scene.now)
        scene.delete("A", announcedAs: nil)
        scene.machine.revoked(Scene.key("A"), wasThere: true, byUID: 7, at: scene.now)
        scene.lose()
        scene.machine.askingLost(cause: "lost", at: scene.now, &scene.effects)
        scene.advance(60_000)
        scene.put("A", Scene.payload("1"))
        scene.machine.askingEstablished(at: scene.now, &scene.effects)
        scene.subscribe()
        scene.catchUp()
        scene.pong()
        let lookup = scene.lookUp("A")
        scene.answer()
        #expect(scene.answer(to: lookup) == "unknown" && scene.cached("A") == "ask")
        #expect(scene.deletions.map(\.key) == [Scene.key("A")])
    }

    @Test("A reply that was overtaken too often to be asked again lets nobody in by a session that was revoked")
    func overtaken() {
        var scene = Self.live()
        let key = Scene.key("N")
        scene.put("N", Scene.payload("5"))
        scene.announce("N", "set")
        for _ in 1..<FetchStateMachine.overtakenRoundsMax {
            scene.ask()
            scene.announce("N", "expire")
            scene.answerShort()
        }
        scene.machine.revoking([key], byUID: 7, at: scene.now)
        scene.delete("N", announcedAs: nil)
        scene.machine.revoked(key, wasThere: true, byUID: 7, at: scene.now)
        // It is written again and read before its end is heard.
        scene.put("N", Scene.payload("5"))
        let lookup = scene.lookUp("N")
        scene.ask()
        scene.announce("N", "del")
        scene.answerShort()
        #expect(scene.answer(to: lookup) == "unknown")
        scene.announce("N", "set")
        scene.answer()
        #expect(scene.deletions.map(\.key) == [key])
    }

    @Test("Somebody else's deletion, and one after the memory of it has ended, is none of a revocation's business")
    func notRevoked() {
        var scene = Self.live()
        scene.delete("B")
        scene.set("B", Scene.payload("1"))
        scene.answer()
        #expect(scene.told.suffix(2) == ["logout deleted B", "login resurrected B"] && scene.deletions.isEmpty)
        scene.revoke(.key(Scene.key("A")))
        scene.advance(Tombstones.lifetime + 1)
        scene.set("A", Scene.payload("1", extra: #""a":1"#))
        scene.answer()
        #expect(Self.sessions(scene).last == "login created A" && scene.deletions.isEmpty)
    }

    @Test("Where Redis did not answer, the session is what a reading says, and if it is gone this was why")
    func unanswered() {
        for isGone in [false, true] {
            var scene = Self.live()
            scene.machine.revoking([Scene.key("A")], byUID: 7, at: scene.now)
            scene.machine.revocationUnanswered([Scene.key("A")])
            let lookup = scene.lookUp("A")
            if isGone { scene.delete("A") }
            scene.answer()
            #expect(scene.answer(to: lookup) == (isGone ? "unknown" : "1"))
            #expect(Self.logouts(scene) == (isGone ? ["logout revoked A"] : []))
        }
    }

    @Test("A revocation that found no session leaves a later logout alone")
    func absent() {
        var scene = Self.live()
        scene.machine.revoking([Scene.key("D")], byUID: 7, at: scene.now)
        scene.machine.revoked(Scene.key("D"), wasThere: false, byUID: 7, at: scene.now)
        scene.set("D", Scene.payload("4"))
        scene.answer()
        scene.delete("D")
        #expect(scene.told.contains("logout deleted D") && scene.deletions.isEmpty)
    }

    @Test("A session that nobody is logged in to, and that comes back with somebody, is ended, too")
    func anonymous() {
        var scene = Self.live()
        scene.set("N", Scene.payload(nil, extra: #""a":1"#))
        scene.answer()
        scene.revoke(.key(Scene.key("N")))
        #expect(Self.logouts(scene).isEmpty)
        scene.set("N", Scene.payload("5"))
        scene.answer()
        #expect(scene.deletions.map(\.key) == [Scene.key("N")])
        scene.endResurrected()
        #expect(Self.logouts(scene) == ["logout revoked N"])
    }
}
