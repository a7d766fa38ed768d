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

    /// The answers to users who ask for a key one after the other.
    private func answers(_ scene: inout Scene, about name: String, askedBy uids: [UInt32]) -> [String] {
        var answers: [String] = []
        for uid in uids {
            let lookup = scene.lookUp(name, askedBy: uid)
            scene.answer()
            answers.append(scene.answer(to: lookup))
        }
        return answers
    }

    @Test("A large value that is no session costs who asks for it again as many questions as it has pages of 4 KiB")
    func largeRejection() {
        var scene = Scene(limits: DirectoryLimits(missesPerSecondMax: 0, missesPerSecondPerUIDMax: 200))
        scene.set("junk", value: [UInt8](repeating: 0x78, count: 4_096 * 150))
        scene.answer()
        let first = answers(&scene, about: "junk", askedBy: [1, 1, 2])
        #expect(first == ["unreadable", "overloaded", "unreadable"])
        scene.set("junk", Scene.payload("1"))
        let written = answers(&scene, about: "junk", askedBy: [1, 1, 1])
        #expect(written == ["1", "1", "1"], "what Redis has announced is let through")
        scene.set("junk", value: [UInt8](repeating: 0x79, count: 4_096 * 900))
        scene.answer()
        scene.advance(1000)
        let larger = answers(&scene, about: "junk", askedBy: [1, 1])
        #expect(larger == ["unreadable", "overloaded"], "no more is taken than a user has in a second")
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
