import SessionModel
import Testing

@testable import SessionDirectory

/// What the directory holds and asks at most, and what happens then.
@Suite struct LimitTests {
    @Test("Beyond the memory for session data who is logged in stays, and the data is read when it is asked for")
    func data() {
        let payload = Scene.payload("1", extra: #""note":"\#(String(repeating: "x", count: 100))""#)
        var scene = Scene(limits: DirectoryLimits(dataBytesMax: 500))
        for number in 1...10 { scene.set("\(number)", payload) }
        scene.answer()
        scene.pong()
        #expect((1...10).allSatisfy { scene.cached("\($0)") == "1" })
        #expect(scene.machine.figures.dataBytes <= 500)
        #expect(scene.cached("10", data: .standard) == "1")
        #expect(scene.cached("1", data: .standard) == "ask")
        let lookup = scene.lookUp("1", data: .standard)
        scene.answer()
        let shown = String(decoding: scene.answers[lookup]?.data?.visible.json ?? [], as: UTF8.self)
        #expect(shown.contains("xxx"))
        #expect(scene.cached("1", data: .standard) == "1", "what was asked for last stays longest")
        #expect(scene.machine.miscounts == [])
    }

    @Test(
        "However many wait for a session's data, it is rendered once for each view of it, and not before it is looked at"
    )
    func sharedData() throws {
        var scene = Scene()
        scene.set("A", Scene.payload("1", extra: #""note":"x","other":"y""#))
        let lookups = (1...3).map { _ in scene.lookUp("A", data: .standard) }
        let narrow = scene.lookUp("A", data: .exposing(["note"]))
        scene.answer()
        let first = try #require(scene.answers[lookups[0]]?.data)
        #expect(lookups.allSatisfy { scene.answers[$0]?.data === first })
        #expect(String(decoding: first.visible.json, as: UTF8.self).contains("other"))
        let shown = try #require(scene.answers[narrow]?.data)
        #expect(String(decoding: shown.visible.json, as: UTF8.self) == #"{"note":"x"}"#)
    }

    @Test("With no memory for session data at all it is still shown")
    func noData() {
        var scene = Scene(limits: DirectoryLimits(dataBytesMax: 0))
        scene.set("A", Scene.payload("1"))
        scene.answer()
        let lookup = scene.lookUp("A", data: .standard)
        scene.answer()
        #expect(scene.answers[lookup]?.data != nil)
        #expect(scene.machine.figures.dataBytes == 0)
    }

    @Test("Logins and logouts leave no places behind")
    func compaction() {
        var scene = Scene()
        for number in 1...5_000 {
            scene.set("\(number)", Scene.payload("1"))
            scene.answer()
            scene.delete("\(number)")
        }
        let placeCount = scene.machine.dataBudget.placeCount
        #expect(placeCount <= 1_100)
        #expect(scene.machine.figures.dataBytes == 0)
    }

    @Test("More lookups than may wait are overloaded, and there is room again once some are answered")
    func waiting() {
        var scene = Scene(limits: DirectoryLimits(waitingLookupsMax: 3))
        let lookups = (1...4).map { scene.lookUp("invented \($0)") }
        #expect(scene.answer(to: lookups[3]) == "overloaded")
        scene.answer()
        #expect(scene.answer(to: lookups[2]) == "unknown")
        let next = scene.lookUp("invented 5")
        scene.answer()
        #expect(scene.answer(to: next) == "unknown")
    }

    @Test("Whoever waits for Redis longer than may be is told so, and others who came later wait on")
    func patience() {
        // Replies that take a second are young enough.
        var scene = Scene(
            freshness: Freshness(stalenessMax: 5000), limits: DirectoryLimits(waitingMillisecondsMax: 1000))
        scene.put("A", Scene.payload("1"))
        let early = ["A", "B"].map { scene.lookUp($0) }
        scene.ask()
        let queued = scene.lookUp("C")
        scene.advance(900)
        let late = scene.lookUp("A")
        #expect(scene.machine.nextDeadline ?? .max <= scene.now.uptime + 350)
        scene.advance(350)
        #expect(
            (early + [queued, late]).map { scene.answer(to: $0) } == [
                "unavailable", "unavailable", "unavailable", "none",
            ])
        scene.answer()
        #expect(scene.answer(to: late) == "1", "the reply that comes at last is one")
        #expect(scene.answer(to: early[0]) == "unavailable")
        let next = scene.lookUp("C")
        scene.answer()
        #expect(scene.answer(to: next) == "unknown")
        // The next look at deadlines, which comes every second.
        #expect(scene.machine.nextDeadline ?? .max >= scene.now.uptime + 1000, "nobody waits any more")
    }

    @Test("Invented keys are asked for a few at a time, in a question of their own, beside what Redis announced")
    func invented() {
        var scene = Scene(limits: DirectoryLimits(fetchesUnderWayMax: 10, lookupFetchesUnderWayMax: 2))
        for number in 1...100 { _ = scene.lookUp("invented \(number)") }
        let first = scene.machine.takeFetches(limit: .max)
        #expect(first.count == 2)
        scene.announce("A", "set")
        scene.announce("invented 50", "set")
        #expect(scene.machine.takeFetches(limit: .max) == [Scene.key("A"), Scene.key("invented 50")])
        #expect(scene.machine.takeFetches(limit: .max).isEmpty)
        let absent = StoredValue(content: .absent, expiry: .never, askedAt: scene.now.uptime)
        scene.machine.fetchCompleted(first[0], absent, at: scene.now, &scene.effects)
        #expect(scene.machine.takeFetches(limit: .max).count == 1)
    }

    @Test("More keys than may wait to be read are passed over, and found by reading everything anew once there is room")
    func overrun() {
        var scene = Scene(limits: DirectoryLimits(fetchesUnderWayMax: 4, queuedFetchesMax: 10))
        scene.set("known", Scene.payload("known"))
        scene.answer()
        scene.pong()
        for number in 1...50 { scene.set("\(number)", Scene.payload("\(number)")) }
        scene.set("known", Scene.payload("other"))
        #expect(scene.machine.fetches.queuedCount <= 10)
        #expect(scene.cached("known") == "ask", "what was passed over is not believed either")
        scene.ask()
        #expect(scene.scansWanted == 0, "there is no room yet")
        scene.answer()
        #expect(scene.scansWanted == 1)
        #expect(scene.machine.figures.condition == .scanning)
        scene.catchUp()
        #expect(scene.machine.figures.condition == .live)
        #expect(scene.machine.figures.sessions.authenticated == 51)
        #expect(scene.scansWanted == 1)
        #expect(scene.told.contains("login switched known"))
    }

    @Test("What a scan did not bring is asked for a portion at a time")
    func remainders() {
        var scene = Scene(limits: DirectoryLimits(fetchesUnderWayMax: 4, queuedFetchesMax: 10))
        for number in 1...50 {
            scene.set("\(number)", Scene.payload("\(number)"))
            scene.answer()
        }
        scene.lose()
        for number in 1...50 { scene.delete("\(number)", announcedAs: nil) }
        scene.subscribe()
        scene.catchUp()
        #expect(scene.machine.figures.condition == .live)
        #expect(scene.told.filter { $0.hasPrefix("logout missing") }.count == 50)
        #expect(scene.scansWanted == 0)
    }

    @Test("A comparison reads no more keys than may wait, and is no reason to read everything anew")
    func comparisonOverrun() {
        var scene = Scene(limits: DirectoryLimits(fetchesUnderWayMax: 4, queuedFetchesMax: 10))
        scene.machine.comparisonStarted()
        scene.machine.comparisonFound((1...50).map { Scene.key("\($0)") })
        #expect(scene.machine.fetches.queuedCount == 10)
        scene.answer()
        #expect(scene.scansWanted == 0)
    }

    @Test("Lookups of many missing keys in one turn are one question")
    func oneQuestion() {
        var scene = Scene()
        for number in 1...100 { _ = scene.lookUp("missing \(number)") }
        #expect(scene.machine.takeFetches(limit: .max).count == 100)
    }

    @Test("A lookup of a key that waits to be read goes ahead of those that nobody waits for")
    func ahead() {
        var scene = Scene(limits: DirectoryLimits(fetchesUnderWayMax: 2))
        for number in 1...9 { scene.announce("\(number)", "set") }
        #expect(scene.machine.takeFetches(limit: .max) == [Scene.key("1"), Scene.key("2")])
        let lookup = scene.lookUp("7")
        #expect(scene.machine.takeFetches(limit: .max) == [Scene.key("7")])
        let absent = StoredValue(content: .absent, expiry: .never, askedAt: scene.now.uptime)
        for name in ["1", "2", "7"] {
            scene.machine.fetchCompleted(Scene.key(name), absent, at: scene.now, &scene.effects)
        }
        scene.collect()
        #expect(scene.answer(to: lookup) == "unknown")
        var asked: [SessionKey] = []
        while case let batch = scene.machine.takeFetches(limit: .max), !batch.isEmpty {
            asked += batch
            for key in batch { scene.machine.fetchCompleted(key, absent, at: scene.now, &scene.effects) }
        }
        #expect(asked == ["3", "4", "5", "6", "8", "9"].map(Scene.key))
    }

    @Test(
        "While nothing more can be recorded, only what somebody waits for is asked for, and nothing is left out later")
    func noRoom() {
        var scene = Scene()
        for number in 1...9 { scene.announce("\(number)", "set") }
        _ = scene.lookUp("7")
        _ = scene.lookUp("missing")
        #expect(
            Set(scene.machine.takeFetches(limit: .max, onlyLookups: true)) == [Scene.key("7"), Scene.key("missing")])
        #expect(scene.machine.takeFetches(limit: .max, onlyLookups: true).isEmpty)
        #expect(scene.machine.takeFetches(limit: .max) == ["1", "2", "3", "4", "5", "6", "8", "9"].map(Scene.key))
    }

    @Test("No more keys than may be are under way, also after the connection was lost")
    func underWay() {
        var scene = Scene(limits: DirectoryLimits(fetchesUnderWayMax: 10))
        for number in 1...30 { scene.announce("\(number)", "set") }
        #expect(scene.machine.takeFetches(limit: 7).count == 7)
        #expect(scene.machine.takeFetches(limit: 7).count == 3)
        #expect(scene.machine.takeFetches(limit: .max).isEmpty)
        scene.machine.askingLost(cause: "lost", at: scene.now, &scene.effects)
        scene.machine.askingEstablished(at: scene.now, &scene.effects)
        #expect(scene.machine.takeFetches(limit: .max).count == 10)
    }
}
