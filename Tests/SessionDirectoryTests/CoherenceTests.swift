import SessionModel
import Testing

@testable import SessionDirectory

/// When memory may answer, when Redis must, and what a lost link does.
@Suite struct CoherenceTests {
    @Test("Nothing is answered from memory before the subscription is proven, nor when the proof is old")
    func proof() {
        var scene = Scene(isLive: false)
        scene.put("A", Scene.payload("1"))
        scene.subscribe()
        scene.catchUp()
        #expect(scene.cached("A") == "ask")
        scene.pong()
        #expect(scene.cached("A") == "1")
        scene.advance(999)
        #expect(scene.cached("A") == "1")
        scene.advance(1)
        #expect(scene.cached("A") == "ask")
    }

    @Test("A proof counts from when the PING was sent, not from when its answer came")
    func proofFromSending() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.advance(5000)
        scene.machine.heard(until: scene.now.uptime - 1000, at: scene.now, &scene.effects)
        #expect(scene.cached("A") == "ask")
        scene.machine.heard(until: scene.now.uptime - 999, at: scene.now, &scene.effects)
        #expect(scene.cached("A") == "1")
    }

    @Test("A key that was written is not answered from memory before it is read again")
    func touched() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        #expect(scene.cached("A") == "ask")
        scene.answer()
        #expect(scene.cached("A") == "1")
        scene.announce("A", "set")
        #expect(scene.cached("A") == "ask")
        scene.answer()
        #expect(scene.cached("A") == "1")
        scene.delete("A")
        #expect(scene.cached("A") == "ask")
    }

    @Test("A negative answer comes from memory only for a session that has long been anonymous")
    func anonymous() {
        var scene = Scene()
        scene.set("A", Scene.payload(nil))
        scene.answer()
        #expect(scene.cached("A") == "ask")
        scene.advance(1001)
        scene.pong()
        #expect(scene.cached("A") == "anonymous")
        #expect(scene.cached("nobody") == "ask")
        scene.set("A", Scene.payload(nil))
        scene.answer()
        #expect(scene.cached("A") == "ask")
    }

    @Test("A reply that a write overtook is not believed; the key is read again")
    func overtaken() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.ask()
        scene.announce("A", "set")
        let first = scene.lookUp("A")
        scene.answer()
        #expect(scene.answer(to: first) == "1")
        #expect(scene.machine.figures.overtakenCount == 1)
        #expect(scene.machine.figures.fetchCount == 2)
        #expect(scene.told == ["login created A", "online 1"])
    }

    @Test("A reply that a removal overtook logs nobody in")
    func overtakenByRemoval() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.ask()
        let stale = StoredValue(
            content: .string(Self.value(of: "1")), expiry: .never, askedAt: scene.now.uptime
        )
        scene.delete("A")
        scene.machine.fetchCompleted(Scene.key("A"), stale, at: scene.now, &scene.effects)
        #expect(scene.effects.events.isEmpty)
        #expect(scene.machine.table.entry(of: Scene.key("A")) == nil)
    }

    @Test("Many lookups of one missing key cost one question")
    func singleFlight() {
        var scene = Scene()
        let before = scene.machine.figures.fetchCount
        let tickets = (0..<50).map { _ in scene.lookUp("A") }
        scene.answer()
        #expect(scene.machine.figures.fetchCount == before + 1)
        #expect(tickets.allSatisfy { scene.answer(to: $0) == "unknown" })
    }

    @Test("A lookup that comes when a question is under way is not told no by its answer, but may be told yes")
    func lateLookup() {
        var scene = Scene()
        _ = scene.lookUp("A")
        scene.ask()
        let late = scene.lookUp("A")
        // The session is written after Redis has answered the first question.
        let absent = StoredValue(content: .absent, expiry: .never, askedAt: scene.now.uptime)
        scene.put("A", Scene.payload("1"))
        scene.machine.fetchCompleted(Scene.key("A"), absent, at: scene.now, &scene.effects)
        #expect(scene.effects.answers.count == 1)
        scene.answer()
        #expect(scene.answer(to: late) == "1")
    }

    @Test("confirm is answered by a question that was sent after it")
    func confirm() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.ask()
        let confirmed = scene.lookUp("A", confirm: true)
        let fetches = scene.machine.figures.fetchCount
        scene.answer()
        #expect(scene.machine.figures.fetchCount == fetches + 1)
        #expect(scene.answer(to: confirmed) == "1")
    }

    @Test("While Redis cannot be asked, lookups are unavailable, those that wait and those that come")
    func askingLost() {
        var scene = Scene()
        let waiting = scene.lookUp("A")
        scene.ask()
        scene.machine.askingLost(cause: "cut", at: scene.now, &scene.effects)
        scene.advance(0)
        #expect(scene.answer(to: waiting) == "unavailable")
        let refused = scene.lookUp("A")
        #expect(scene.answer(to: refused) == "unavailable")
    }

    @Test("With --serve-stale an answer may be old, and says how old")
    func serveStale() {
        var scene = Scene(freshness: Freshness(stalenessMax: 1000, serveStale: 5000))
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.lose()
        scene.machine.askingLost(cause: "cut", at: scene.now, &scene.effects)
        scene.advance(3000)
        let stale = scene.lookUp("A")
        guard case .authenticated(let session)? = scene.answers[stale]?.verdict else {
            Issue.record("\(scene.answer(to: stale))")
            return
        }
        #expect(session.staleMilliseconds == 3000)
        scene.advance(2001)
        let tooOld = scene.lookUp("A")
        #expect(scene.answer(to: tooOld) == "unavailable")
    }

    @Test("After a gap: what is new is discovered, what is gone is missing or expired, what is the same is no event")
    func gap() {
        var scene = Scene()
        scene.set("stays", Scene.payload("1"))
        scene.set("goes", Scene.payload("2"))
        scene.set("dies", Scene.payload("3"), milliseconds: 500)
        scene.answer()
        let before = scene.told.count
        scene.lose()
        scene.delete("goes", announcedAs: nil)
        scene.advance(2000)
        scene.delete("dies", announcedAs: nil)
        scene.put("comes", Scene.payload("4"))
        scene.subscribe()
        #expect(scene.cached("stays") == "ask")
        scene.catchUp()
        let told = scene.told.dropFirst(before).filter { !$0.contains("line") }
        #expect(told.first == "link lost")
        #expect(told.last == "link live")
        #expect(
            Set(told.dropFirst().dropLast()) == [
                "login discovered comes", "logout missing goes", "logout expired dies",
            ]
        )
        let gaps = scene.events.compactMap { if case .link(_, let gap) = $0.kind { gap } else { nil } }
        #expect(gaps == [2000])
    }

    @Test("A session that disappears without a word waits for the next PONG, then was flushed")
    func flushed() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.advance(10)
        scene.delete("A", announcedAs: nil)
        let lookup = scene.lookUp("A", confirm: true)
        scene.answer()
        #expect(scene.answer(to: lookup) == "unknown")
        #expect(scene.told == ["login created A", "online 1"])
        scene.advance(10)
        scene.pong()
        #expect(scene.told.suffix(2) == ["logout flushed A", "offline 1"])
        #expect(scene.machine.figures.staleFoundCount == 1)
    }

    @Test("FLUSHALL is silent, but the next session that is compared shows it, and then all are read again")
    func flushAll() {
        var scene = Scene()
        for name in ["A", "B", "C"] { scene.set(name, Scene.payload(name)) }
        scene.answer()
        scene.pong()
        scene.answer()
        for name in ["A", "B", "C"] { scene.delete(name, announcedAs: nil) }
        scene.advance(250)
        scene.pong()
        scene.answer()
        scene.advance(250)
        scene.pong()
        for name in ["A", "B", "C"] { #expect(scene.cached(name) == "ask") }
        #expect(scene.scansWanted == 1)
        scene.catchUp()
        let logouts = scene.told.filter { $0.hasPrefix("logout") }
        #expect(Set(logouts) == ["logout flushed A", "logout flushed B", "logout flushed C"])
        #expect(logouts.count == 3)
        #expect(scene.machine.figures.condition == .live)
    }

    @Test("A disappearance whose announcement was on its way has the announced reason")
    func announcedLater() {
        var scene = Scene()
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.delete("A", announcedAs: nil)
        _ = scene.lookUp("A", confirm: true)
        scene.answer()
        scene.announce("A", "evicted")
        #expect(scene.told.suffix(2) == ["logout evicted A", "offline 1"])
    }

    @Test("Where most values fail their signature the directory is distrusted, until most verify")
    func distrust() {
        var scene = Scene(isLive: false)
        for name in ["A", "B", "C"] { scene.put(name, Scene.payload("1"), secretKey: "another") }
        scene.subscribe()
        scene.catchUp()
        #expect(scene.machine.figures.condition == .distrusted)
        #expect(scene.told.isEmpty)
        let lookup = scene.lookUp("A")
        scene.answer()
        #expect(scene.answer(to: lookup) == "unavailable")
        for name in ["A", "B"] {
            scene.set(name, Scene.payload("1"))
            scene.answer()
        }
        #expect(scene.machine.figures.condition == .live)
        let invalid = scene.lookUp("C")
        scene.answer()
        #expect(scene.answer(to: invalid) == "invalid")
    }

    @Test("Where CONFIG cannot be read, memory is believed once a set and an expire were heard and all was read again")
    func evidence() {
        var scene = Scene(notifications: .unverified)
        scene.put("A", Scene.payload("1"))
        scene.put("gone", Scene.payload("3"))
        // More than are compared next.
        let others = (1...40).map { "other \($0)" }
        for name in others { scene.put(name, Scene.payload("5")) }
        for name in ["A", "gone"] + others { _ = scene.lookUp(name) }
        scene.answer()
        scene.pong()
        #expect(scene.cached("A") == "ask")
        // Changes are not announced yet: this one goes unseen.
        scene.delete("gone", announcedAs: nil)
        scene.set("B", Scene.payload("2"))
        #expect(scene.machine.figures.hearing.notifications == .verified)
        #expect(scene.scansWanted == 1)
        scene.answer()
        scene.pong()
        #expect(others.contains { scene.cached($0) == "ask" }, "what was read before may have changed in silence")
        scene.catchUp()
        scene.pong()
        #expect(others.allSatisfy { scene.cached($0) == "5" })
        #expect(scene.cached("gone") == "ask")
        #expect(scene.told.contains("logout missing gone"))
        #expect(scene.milestones.count == 1, "the daemon is ready once")
    }

    @Test("Flags that are known to be missing are not proven by hearing others")
    func missingFlags() {
        var scene = Scene(notifications: .missing)
        scene.set("A", Scene.payload("1"))
        scene.answer()
        scene.pong()
        #expect(scene.cached("A") == "ask")
        #expect(scene.machine.figures.hearing.notifications == .missing)
    }

    @Test("After a password change the user's other sessions are superseded")
    func superseded() {
        var scene = Scene()
        scene.set("A", Scene.payload("1", hash: "old"))
        scene.answer()
        scene.advance(2000)
        scene.set("B", Scene.payload("1", hash: "new"))
        scene.answer()
        scene.pong()
        #expect(scene.cached("A") == "1 superseded")
        #expect(scene.cached("B") == "1")
        scene.set("A", Scene.payload("1", hash: "new"))
        scene.answer()
        #expect(scene.cached("A") == "1")
    }

    @Test("Password hashes that were made under different secret keys say nothing of the password")
    func notSuperseded() {
        var scene = Scene()
        scene.set("A", Scene.payload("1", hash: "old"), secretKey: Scene.fallbackKey)
        scene.answer()
        scene.advance(2000)
        scene.set("B", Scene.payload("1", hash: "new"))
        scene.answer()
        scene.pong()
        #expect(scene.cached("A") == "1")
    }

    private static func value(of user: String) -> [UInt8] {
        Array("\(user)".utf8)
    }
}
