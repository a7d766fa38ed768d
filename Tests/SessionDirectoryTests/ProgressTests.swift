import SessionModel
import Testing

@testable import SessionDirectory

/// How far catching up has come, for whoever waits for it.
@Suite struct ProgressTests {
    private static func keys(_ range: Range<Int>) -> [SessionKey] { range.map { Scene.key("\($0)") } }

    private func progress(_ scene: borrowing Scene) -> LinkPhase.Progress? {
        scene.machine.progress(at: scene.now)
    }

    @Test("There is none before the link stands and after everything was read")
    func ends() {
        var scene = Scene(isLive: false)
        #expect(progress(scene) == nil)
        scene.subscribe()
        #expect(progress(scene) == LinkPhase.Progress(readCount: 0, share: 0, elapsedMilliseconds: 0))
        scene.catchUp()
        #expect(progress(scene) == nil)
        scene.lose()
        #expect(progress(scene) == nil)
    }

    @Test("What was found counts when it was read, and the share is that of what was read")
    func reading() {
        var scene = Scene(isLive: false)
        scene.subscribe()
        scene.machine.scanStarted()
        scene.machine.scanned(Self.keys(0..<10), at: scene.now)
        scene.machine.scanAdvanced(toShare: 0.5)
        #expect(progress(scene)?.readCount == 0)
        #expect(progress(scene)?.share == 0)
        scene.advance(2000)
        scene.answer()
        #expect(progress(scene) == LinkPhase.Progress(readCount: 10, share: 0.5, elapsedMilliseconds: 2000))
        scene.machine.scanned(Self.keys(10..<20), at: scene.now)
        scene.machine.scanAdvanced(toShare: 1)
        #expect(progress(scene)?.share == 0.5)
        scene.answer()
        #expect(progress(scene)?.readCount == 20)
        #expect(progress(scene)?.share == 1)
    }

    @Test("Where few of the keys are sessions the scan's share stands for all")
    func sparse() {
        var scene = Scene(isLive: false)
        scene.subscribe()
        scene.machine.scanStarted()
        scene.machine.scanAdvanced(toShare: 0.25)
        #expect(progress(scene)?.share == 0.25)
    }

    @Test("Where the server does not tell, keys are counted nonetheless")
    func untold() {
        var scene = Scene(isLive: false)
        scene.subscribe()
        scene.machine.scanStarted()
        scene.machine.scanned(Self.keys(0..<3), at: scene.now)
        scene.machine.scanAdvanced(toShare: nil)
        scene.answer()
        #expect(progress(scene) == LinkPhase.Progress(readCount: 3, share: nil, elapsedMilliseconds: 0))
    }

    @Test("A scan that begins anew counts no key twice")
    func anew() {
        var scene = Scene(isLive: false)
        scene.subscribe()
        scene.machine.scanStarted()
        scene.machine.scanned(Self.keys(0..<3), at: scene.now)
        scene.machine.scanAdvanced(toShare: 0.5)
        scene.machine.scanStarted()
        #expect(progress(scene)?.share == 0)
        scene.machine.scanned(Self.keys(0..<3), at: scene.now)
        scene.answer()
        #expect(progress(scene)?.readCount == 3)
    }
}
