import SessionModel
import TestSupport
import Testing

@testable import SessionDirectory

/// CLIENT TRACKING as what tells of changes: which key, and never what happened to it.
@Suite struct TrackingTests {
    private static func scene() -> Scene {
        var scene = Scene(notifications: .unused, isTracking: true)
        scene.put("A", Scene.payload("1"))
        scene.invalidate("A")
        scene.answer()
        scene.pong()
        return scene
    }

    /// Notifications with tracking beside them; `A` and `B` are logged in and proven.
    private static func sceneOfTwo() -> Scene {
        var scene = Scene(isTracking: true)
        for name in ["A", "B"] { scene.set(name, Scene.payload(name)) }
        scene.answer()
        scene.pong()
        return scene
    }

    @Test("A login, a change of user and a logout are told from the keys alone")
    func life() {
        var scene = Self.scene()
        #expect(scene.cached("A") == "1")
        scene.put("A", Scene.payload("2"))
        scene.invalidate("A")
        #expect(scene.cached("A") == "ask")
        scene.answer()
        scene.delete("A", announcedAs: nil)
        scene.invalidate("A")
        scene.answer()
        scene.pong()
        let told = scene.told.filter { !$0.hasPrefix("o") }
        #expect(told == ["login created A", "logout switched A", "login switched A", "logout deleted A"])
        #expect(scene.machine.figures.staleFoundCount == 0)
    }

    @Test("A session that a lookup finds gone ahead of its invalidation was deleted, not flushed")
    func ahead() {
        var scene = Self.scene()
        scene.delete("A", announcedAs: nil)
        let lookup = scene.lookUp("A", confirm: true)
        scene.answer()
        #expect(scene.answer(to: lookup) == "unknown")
        scene.invalidate("A")
        scene.answer()
        scene.advance(10)
        scene.pong()
        #expect(scene.told.contains("logout deleted A"))
        #expect(scene.scansWanted == 0)
    }

    @Test("A session whose time is up has expired, though only its key is named")
    func expiry() {
        var scene = Self.scene()
        scene.put("B", Scene.payload("2"), milliseconds: 500)
        scene.invalidate("B")
        scene.answer()
        scene.advance(500)
        scene.delete("B", announcedAs: nil)
        scene.invalidate("B")
        scene.answer()
        #expect(scene.told.contains("logout expired B"))
    }

    @Test("Tracking that begins where nothing told of changes has everything read again, and is then believed")
    func late() {
        var scene = Scene(notifications: .missing)
        scene.put("A", Scene.payload("1"))
        _ = scene.lookUp("A")
        scene.answer()
        scene.pong()
        #expect(scene.cached("A") == "ask")
        scene.machine.trackingChanged(isOn: true, at: scene.now, &scene.effects)
        scene.collect()
        #expect(scene.scansWanted == 1)
        scene.catchUp()
        scene.pong()
        #expect(scene.cached("A") == "1")
    }

    // MARK: Flushes

    @Test("After a FLUSHALL nothing is answered from memory, and all are logged out as flushed")
    func flush() {
        var scene = Self.sceneOfTwo()
        for name in ["A", "B"] { scene.delete(name, announcedAs: nil) }
        scene.announceFlush()
        #expect(scene.cached("A") == "ask")
        scene.pong()
        #expect(scene.cached("A") == "ask", "a PONG proves nothing before it is known what was flushed")
        scene.answer()
        #expect(scene.scansWanted == 1)
        scene.catchUp()
        scene.advance(10)
        scene.pong()
        #expect(scene.told.contains("logout flushed A") && scene.told.contains("logout flushed B"))
    }

    @Test("A flush of another database costs one question, and memory is believed again")
    func flushElsewhere() {
        var scene = Self.sceneOfTwo()
        let before = scene.machine.figures.fetchCount
        scene.announceFlush()
        #expect(scene.cached("A") == "ask")
        scene.answer()
        scene.pong()
        #expect(scene.cached("A") == "ask", "the session that tells may have been written again")
        scene.advance(1)
        scene.pong()
        #expect(scene.cached("A") == "A")
        #expect(scene.scansWanted == 0)
        #expect(scene.machine.figures.fetchCount - before <= 2)
    }

    @Test("A session that was written again after a flush does not vouch for the others")
    func flushAndWrite() {
        var scene = Self.sceneOfTwo()
        for name in ["A", "B"] { scene.delete(name, announcedAs: nil) }
        scene.announceFlush()
        for name in ["A", "B"] { scene.put(name, Scene.payload(name, extra: #""again":1"#)) }
        scene.delete("B", announcedAs: nil)
        scene.answer()
        #expect(scene.scansWanted == 1)
    }

    @Test(
        "A session that was written again with the same bytes does not vouch for the others", arguments: [true, false])
    func flushAndSameBytes(isHeardAtOnce: Bool) {
        var scene = Scene(isTracking: true)
        for name in ["A", "B", "C"] { scene.set(name, Scene.payload(name)) }
        scene.answer()
        // The PONG has A compared; the next that is looked at is B.
        scene.pong()
        scene.answer()
        for name in ["A", "C"] { scene.delete(name, announcedAs: nil) }
        scene.announceFlush()
        // Only B was written again, just as it was, after the flush and before it is read.
        if isHeardAtOnce { scene.announce("B", "set") }
        scene.answer()
        if !isHeardAtOnce { scene.announce("B", "set") }
        scene.answer()
        scene.advance(1)
        scene.pong()
        #expect(scene.scansWanted == 1)
        #expect(scene.cached("C") == "ask")
        scene.catchUp()
        #expect(scene.told.contains("logout flushed A") && scene.told.contains("logout flushed C"))
        #expect(scene.machine.figures.staleFoundCount == 0)
    }

    @Test("A reply that is on its way when a flush is told is not believed, though nothing else was read yet")
    func flushUnderWay() {
        var scene = Scene(isTracking: true, isLive: false)
        scene.subscribe(isTracking: true)
        scene.machine.scanStarted()
        scene.put("A", Scene.payload("1"))
        scene.machine.scanned([Scene.key("A")], at: scene.now)
        let taken = scene.machine.takeFetches(limit: .max)
        #expect(taken == [Scene.key("A")])
        scene.announceFlush()
        let value = StoredValue(
            content: .string(DjangoSigner(secretKey: Scene.secretKey).signing(Scene.payload("1"))), expiry: .never,
            askedAt: scene.now.uptime
        )
        scene.machine.fetchCompleted(Scene.key("A"), value, at: scene.now, &scene.effects)
        scene.collect()
        scene.advance(1)
        scene.pong()
        #expect(scene.cached("A") == "ask")
        #expect(scene.machine.takeFetches(limit: .max) == [Scene.key("A")], "it is read again")
    }

    @Test("With nobody logged in a flush is no matter")
    func flushOfNobody() {
        var scene = Scene(isTracking: true)
        scene.set("A", Scene.payload(nil))
        scene.answer()
        scene.announceFlush()
        #expect(scene.scansWanted == 0)
    }

    // MARK: Lost connections

    @Test("What is heard while the subscription is lost proves nothing")
    func heardWhileLost() {
        var scene = Self.scene()
        #expect(scene.cached("A") == "1")
        // The asking connection, and with it the tracking, is gone; the subscribing one still answers.
        scene.machine.subscriptionLost(cause: "lost", at: scene.now, &scene.effects)
        scene.delete("A", announcedAs: nil)
        scene.advance(100)
        scene.pong()
        #expect(scene.cached("A") == "ask")
    }

    @Test("While nothing can be asked nothing is proven, and when it can, a flush of that time is found")
    func flushWhileAskingIsLost() {
        var scene = Self.sceneOfTwo()
        scene.machine.askingLost(cause: "lost", at: scene.now, &scene.effects)
        scene.machine.trackingChanged(isOn: false, at: scene.now, &scene.effects)
        for name in ["A", "B"] { scene.delete(name, announcedAs: nil) }
        scene.advance(999)
        scene.pong()
        scene.advance(1)
        #expect(scene.cached("A") == "ask")
        scene.machine.askingEstablished(at: scene.now, &scene.effects)
        scene.machine.trackingChanged(isOn: true, at: scene.now, &scene.effects)
        scene.pong()
        #expect(scene.cached("A") == "ask")
        scene.answer()
        #expect(scene.scansWanted == 1)
        scene.catchUp()
        #expect(scene.told.contains("logout flushed A") && scene.told.contains("logout flushed B"))
        #expect(scene.machine.figures.staleFoundCount == 0)
    }
}
