import DjangoSession
import SessionModel
import Testing

@testable import SessionDirectory

/// Other secret keys while sessions are known.
@Suite struct KeyChangeTests {
    private static func change(_ scene: inout Scene, to keys: [String], indices: [Int: Int]) {
        let decoder = SessionDecoder(verification: .keys(keys.map { SecretKey(Array($0.utf8)) }))
        scene.machine.keysChanged(to: decoder, indices: indices, at: scene.now, &scene.effects)
        scene.collect()
    }

    private static func live() -> Scene {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.set("B", Scene.payload("2"), secretKey: Scene.fallbackKey)
        scene.set("C", Scene.payload("3"), secretKey: "another one")
        scene.answer()
        scene.pong()
        return scene
    }

    private static func counts(_ scene: borrowing Scene, keyCount: Int) -> [Int] {
        scene.machine.figures.storedForms.figures(keyCount: keyCount, at: scene.now).keys.map(\.sessionCount)
    }

    @Test("Until a session is read again, Redis is asked for it, and nobody is logged out")
    func rotation() {
        var scene = Self.live()
        #expect(Self.counts(scene, keyCount: 2) == [1, 1])
        Self.change(&scene, to: ["next", Scene.secretKey, Scene.fallbackKey], indices: [0: 1, 1: 2])
        #expect(Self.counts(scene, keyCount: 3) == [0, 1, 1])
        #expect(scene.cached("A") == "ask" && scene.scansWanted == 1)
        let lookup = scene.lookUp("A")
        scene.answer()
        #expect(scene.answer(to: lookup) == "1")
        scene.catchUp()
        scene.pong()
        #expect(scene.cached("A") == "1" && scene.cached("B") == "2")
        #expect(!scene.told.contains { $0.hasPrefix("logout") || $0.hasPrefix("link") })
        #expect(scene.milestones.count == 1)
        #expect(Self.counts(scene, keyCount: 3) == [0, 1, 1])
    }

    @Test(
        "A session that fits no record is asked for as well, and what the table shares among sessions is given back at the end"
    )
    func outsized() {
        var scene = Scene()
        let user = String(repeating: "u.", count: 20)
        scene.set("D", Scene.payload(user), secretKey: Scene.fallbackKey)
        scene.set("E", Scene.payload("2"), secretKey: Scene.fallbackKey)
        scene.answer()
        scene.pong()
        #expect(scene.cached("D") == user && Self.counts(scene, keyCount: 2) == [0, 2])
        Self.change(&scene, to: [Scene.fallbackKey, "next"], indices: [1: 0])
        #expect(scene.cached("D") == "ask" && Self.counts(scene, keyCount: 2) == [2, 0])
        Self.change(&scene, to: ["next"], indices: [:])
        #expect(Self.counts(scene, keyCount: 1) == [0])
        Self.change(&scene, to: ["next", Scene.fallbackKey], indices: [0: 0])
        scene.catchUp()
        scene.pong()
        #expect(scene.cached("D") == user && Self.counts(scene, keyCount: 2) == [0, 2])
        for name in ["D", "E"] { scene.delete(name) }
        #expect(scene.machine.table.sharedCounts == [0, 0, 0])
    }

    @Test("Where old answers are allowed, none is given by a key that was taken away while nothing could be read")
    func staleAnswers() {
        var scene = Scene(freshness: Freshness(serveStale: 60_000))
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.pong()
        scene.lose()
        scene.machine.askingLost(cause: "lost", at: scene.now, &scene.effects)
        let before = scene.lookUp("A")
        #expect(scene.answer(to: before) == "1")
        Self.change(&scene, to: ["next"], indices: [:])
        let after = scene.lookUp("A")
        #expect(scene.answer(to: after) == "unavailable")
    }

    @Test("Sessions under a key that is taken away end, those under a new one begin")
    func others() {
        var scene = Self.live()
        let before = scene.told.count
        Self.change(&scene, to: [Scene.secretKey, "another one"], indices: [0: 0])
        let lookups = ["B", "C"].map { scene.lookUp($0) }
        scene.answer()
        #expect(lookups.map { scene.answer(to: $0) } == ["invalid", "3"])
        scene.catchUp()
        scene.writeBacklog()
        let told = scene.told.dropFirst(before).filter { !$0.hasPrefix("o") }
        #expect(Set(told) == ["logout invalid B", "rejected invalid B", "login discovered C"])
        #expect(Self.counts(scene, keyCount: 2) == [1, 1])
        #expect(scene.machine.figures.staleFoundCount == 0)
    }

    @Test("A reply that was under way is read by the new keys, and what nobody can hear is left for later")
    func underWay() {
        var scene = Self.live()
        scene.announce("B", "set")
        scene.ask()
        Self.change(&scene, to: [Scene.secretKey], indices: [0: 0])
        scene.answer()
        #expect(scene.told.contains("logout invalid B"))
        scene.lose()
        Self.change(&scene, to: [Scene.secretKey, Scene.fallbackKey], indices: [0: 0])
        scene.subscribe()
        scene.catchUp()
        scene.pong()
        #expect(scene.cached("B") == "2")
    }
}
