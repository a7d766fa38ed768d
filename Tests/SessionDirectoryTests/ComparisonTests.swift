import SessionModel
import Testing

@testable import SessionDirectory

/// What Redis does not announce, such as SWAPDB, is found by comparing, and counted.
@Suite struct ComparisonTests {
    @Test("A session that changed in silence is found by the comparison, and then all are read again")
    func changed() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.pong()
        scene.put("A", Scene.payload("2"))
        // The first PONG has it compared, the second is behind any announcement.
        scene.advance(10)
        scene.pong()
        scene.answer()
        #expect(scene.machine.figures.staleFoundCount == 0, "its announcement may be on its way")
        scene.advance(10)
        scene.pong()
        #expect(scene.machine.figures.staleFoundCount == 1)
        #expect(scene.scansWanted == 1)
        #expect(scene.told.suffix(4).contains("logout switched A"))
    }

    @Test("A change that is announced after the comparison saw it is no news")
    func announcedLater() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.pong()
        scene.put("A", Scene.payload("1", extra: #""x":1"#))
        scene.advance(10)
        scene.pong()
        scene.answer()
        scene.announce("A", "set")
        scene.advance(10)
        scene.pong()
        #expect(scene.machine.figures.staleFoundCount == 0)
        #expect(scene.scansWanted == 0)
    }

    @Test("The slow scan finds sessions that came or went in silence")
    func scan() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.set("B", Scene.payload("2"))
        scene.set("anonymous", Scene.payload(nil))
        scene.answer()
        scene.pong()
        scene.delete("anonymous", announcedAs: nil)
        scene.put("C", Scene.payload("3"))
        scene.machine.comparisonStarted()
        scene.machine.comparisonFound(["A", "B", "C"].map(Scene.key))
        scene.machine.comparisonEnded()
        scene.answer()
        #expect(scene.machine.table.entry(of: Scene.key("anonymous")) == nil)
        #expect(scene.told.contains("login created C"))
        scene.advance(10)
        scene.pong()
        #expect(scene.machine.figures.staleFoundCount == 1)
    }

    @Test("A session that is written while the scan goes on is not asked for because of it")
    func duringScan() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.machine.comparisonStarted()
        scene.set("B", Scene.payload("2"))
        scene.answer()
        let before = scene.machine.figures.comparedCount
        scene.machine.comparisonFound([Scene.key("A")])
        scene.machine.comparisonEnded()
        #expect(scene.machine.figures.comparedCount == before)
    }
}
