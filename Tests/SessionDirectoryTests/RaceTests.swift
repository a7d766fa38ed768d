import SessionModel
import Testing

@testable import SessionDirectory

/// Replies and notifications that come in an order that is rare, but real.
@Suite struct RaceTests {
    @Test("One user who logs in without pause is told all along, not when the pause comes")
    func loginsWithoutPause() {
        var scene = Scene()
        for number in 0..<20 {
            scene.set("k\(number)", Scene.payload("1"))
            scene.answer()
            scene.advance(100)
        }
        // The last three are younger than the window.
        #expect(scene.told.count { $0.hasPrefix("login") } >= 17)
    }

    @Test("What changes in a session whose login is held back is not told before that login")
    func changeOfHeldLogin() {
        var scene = Scene()
        scene.set("B", Scene.payload("1"))
        scene.answer()
        scene.set("C", Scene.payload("1"), milliseconds: 1_000_000)
        scene.answer()
        scene.advance(100)
        scene.set("C", Scene.payload("1", extra: #""colour":1"#), milliseconds: 5_000_000)
        scene.answer()
        scene.advance(1000)
        let login = scene.events.firstIndex { $0.type == .login && $0.subject == Fingerprint(of: Scene.key("C")) }
        let first = scene.events.firstIndex { $0.subject == Fingerprint(of: Scene.key("C")) }
        #expect(login != nil && login == first)
    }

    @Test("A new key that a lookup reads before its notification comes is a rotation all the same")
    func rotationReadAhead() {
        var scene = Scene()
        scene.set("B", Scene.payload("1", hash: "old"))
        scene.answer()
        scene.put("C", Scene.payload("1", hash: "new"))
        _ = scene.lookUp("C")
        scene.answer()
        scene.announce("C", "set")
        scene.delete("B")
        scene.announce("C", "set")
        scene.answer()
        #expect(scene.told.suffix(2) == ["login rotated C from B", "logout rotated B"])
    }

    @Test("Those who wait when the link is lost get the old answer that --serve-stale allows")
    func staleForThoseWhoWait() {
        var scene = Scene(freshness: Freshness(stalenessMax: 1000, serveStale: 5000))
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.advance(2000)
        let waiting = scene.lookUp("A")
        scene.ask()
        scene.machine.askingLost(cause: "cut", at: scene.now, &scene.effects)
        scene.advance(0)
        #expect(scene.answer(to: waiting) == "1")
    }

    @Test("Distrust heals when the bad values are removed, too")
    func distrustHealsByRemoval() {
        var scene = Scene(isLive: false)
        scene.put("A", Scene.payload("1"), secretKey: "another")
        scene.subscribe()
        scene.catchUp()
        #expect(scene.machine.figures.condition == .distrusted)
        scene.delete("A")
        #expect(scene.machine.figures.condition == .live)
    }

    @Test(
        "What an answer to an earlier subscription's question still shows, and is then gone, went while nobody listened"
    )
    func answerFromBefore() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.advance(1000)
        scene.lose()
        scene.subscribe()
        scene.machine.scanStarted()
        scene.machine.scanned([Scene.key("A")], at: scene.now)
        scene.ask()
        scene.lose()
        scene.subscribe()
        scene.answerShort()
        scene.delete("A", announcedAs: nil)
        scene.catchUp()
        scene.advance(100)
        scene.pong()
        #expect(scene.told.filter { $0.hasSuffix(" A") } == ["login created A", "logout missing A"])
        #expect(scene.machine.figures.staleFoundCount == 0)
    }

    @Test(
        "A session that was written before the link was lost, and is gone when it is read, went while nobody listened")
    func writtenBeforeTheGap() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.advance(1000)
        scene.announce("A", "set")
        scene.lose()
        scene.delete("A", announcedAs: nil)
        scene.subscribe()
        scene.catchUp()
        scene.advance(100)
        scene.pong()
        #expect(scene.told.filter { $0.hasSuffix(" A") } == ["login created A", "logout missing A"])
        #expect(scene.machine.figures.staleFoundCount == 0)
    }

    @Test("A session that is read as gone between its last save and the word of its deletion was deleted")
    func deletionBehindWrite() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.announce("A", "set")
        scene.delete("A", announcedAs: nil)
        scene.answer()
        scene.announce("A", "expire")
        scene.answer()
        scene.announce("A", "del")
        #expect(scene.told.suffix(2) == ["logout deleted A", "offline 1"])
    }

    @Test("A session that was written again before the word of its deletion came ends once and begins once")
    func resurrectionReadAhead() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.delete("A", announcedAs: nil)
        _ = scene.lookUp("A", confirm: true)
        scene.answer()
        scene.put("A", Scene.payload("1"))
        _ = scene.lookUp("A", confirm: true)
        scene.answer()
        scene.announce("A", "del")
        scene.announce("A", "set")
        scene.answer()
        #expect(
            scene.told.filter { $0.contains("A") } == ["login created A", "logout deleted A", "login resurrected A"]
        )
    }

    @Test("What happens unseen is not taken for what is still to be announced")
    func goneWhileDown() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.announce("A", "set")
        scene.lose()
        scene.delete("A", announcedAs: nil)
        scene.answer()
        #expect(scene.told.suffix(2) == ["logout missing A", "offline 1"])
    }

    @Test("Held events are told in the order in which they happened when the link is lost")
    func heldOrder() {
        for _ in 0..<20 {
            var scene = Scene()
            for user in ["1", "2", "3", "4"] {
                scene.set("B\(user)", Scene.payload(user))
                scene.answer()
            }
            scene.advance(1000)
            for user in ["1", "2", "3", "4"] {
                scene.set("C\(user)", Scene.payload(user))
                scene.answer()
                scene.advance(1)
            }
            scene.lose()
            let logins = scene.told.filter { $0.hasPrefix("login created C") }
            #expect(logins == ["1", "2", "3", "4"].map { "login created C\($0)" })
        }
    }
}
