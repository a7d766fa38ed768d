import SessionModel
import Testing

@testable import SessionDirectory

/// What lookups of unknown keys may cost, and who is never refused for it.
@Suite struct MissLimitTests {
    private func scene() -> Scene {
        Scene(limits: DirectoryLimits(missesPerSecondMax: 0, missesPerSecondPerUIDMax: 3))
    }

    private func exhaust(_ scene: inout Scene) {
        for number in 1...3 { _ = scene.lookUp("invented \(number)", askedBy: 1000) }
        scene.answer()
        let refused = scene.lookUp("invented 4", askedBy: 1000)
        #expect(scene.answer(to: refused) == "overloaded")
    }

    @Test(
        "Beyond the allowance an unknown key is overloaded, not unknown, and Redis is not asked; later it is asked again"
    )
    func overloaded() {
        var scene = scene()
        exhaust(&scene)
        let batch = scene.machine.takeFetches(limit: .max)
        #expect(batch.isEmpty)
        #expect(scene.machine.figures.refusedMissCount == 1)
        let other = scene.lookUp("invented 4", askedBy: 1001)
        scene.answer()
        #expect(scene.answer(to: other) == "unknown")
        scene.advance(1000)
        let later = scene.lookUp("invented 4", askedBy: 1000)
        scene.answer()
        #expect(scene.answer(to: later) == "unknown")
    }

    @Test("What memory knows is asked for whatever was invented before: confirmations, and what is not proven")
    func known() {
        var scene = scene()
        scene.set("A", Scene.payload("42"))
        scene.answer()
        exhaust(&scene)
        for _ in 0..<10 {
            let lookup = scene.lookUp("A", confirm: true, askedBy: 1000)
            scene.answer()
            #expect(scene.answer(to: lookup) == "42")
        }
    }

    @Test("Whoever has just logged in is let in as soon as Redis has announced it, and is never unknown before")
    func justLoggedIn() {
        var scene = scene()
        exhaust(&scene)
        scene.put("B", Scene.payload("7"))
        let before = scene.lookUp("B", askedBy: 1000)
        #expect(scene.answer(to: before) == "overloaded")
        scene.announce("B", "set")
        let after = scene.lookUp("B", askedBy: 1000)
        scene.answer()
        #expect(scene.answer(to: after) == "7")
    }

    @Test(
        "The same unknown key costs a question each time that Redis is asked about it, however many wait for the answer"
    )
    func sameKey() {
        var scene = scene()
        for _ in 0..<100 { _ = scene.lookUp("invented", askedBy: 1000) }
        #expect(scene.machine.figures.refusedMissCount == 0, "one question answers them all")
        #expect(scene.machine.takeFetches(limit: .max).count == 1)
        // Each of these would need a question of its own, behind the one that is under way; but they share it.
        for _ in 0..<100 { _ = scene.lookUp("invented", askedBy: 1000) }
        #expect(scene.machine.figures.refusedMissCount == 0)
        let absent = StoredValue(content: .absent, expiry: .never, askedAt: scene.now.uptime)
        scene.machine.fetchCompleted(Scene.key("invented"), absent, at: scene.now, &scene.effects)
        #expect(scene.machine.takeFetches(limit: .max).count == 1)
        _ = scene.lookUp("invented", askedBy: 1000)
        scene.machine.fetchCompleted(Scene.key("invented"), absent, at: scene.now, &scene.effects)
        #expect(scene.machine.takeFetches(limit: .max).count == 1)
        let refused = scene.lookUp("invented", askedBy: 1000)
        #expect(scene.answer(to: refused) == "overloaded", "a key that is asked for without pause costs what it costs")
    }
}
