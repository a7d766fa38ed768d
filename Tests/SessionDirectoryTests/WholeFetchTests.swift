import DjangoSession
import SessionModel
import TestSupport
import Testing

@testable import SessionDirectory

/// Large values: nobody else waits for them.
@Suite struct WholeFetchTests {
    private static let filling = String(repeating: "x", count: 100_000)

    /// A session that is short as it is stored, and long once it is inflated.
    private static func compressed(_ user: String, note: String = filling) -> [UInt8] {
        DjangoSigner(secretKey: Scene.secretKey).signing(
            Scene.payload(user, extra: #""note":"\#(note)""#), compression: .always)
    }

    private static func long(_ user: String) -> [UInt8] {
        DjangoSigner(secretKey: Scene.secretKey).signing(
            Scene.payload(user, extra: #""note":"\#(filling)""#), compression: .never)
    }

    @Test("A value that expands to much, and a long one, are set aside, and others are answered before them")
    func aside() {
        var scene = Scene()
        scene.set("bomb", value: Self.compressed("1"))
        scene.set("long", value: Self.long("2"))
        scene.set("small", Scene.payload("3"))
        let lookups = ["bomb", "long", "small"].map { scene.lookUp($0) }
        scene.answerShort()
        #expect(lookups.map { scene.answer(to: $0) } == ["none", "none", "3"])
        #expect(scene.told.contains("login created small"))
        scene.answer()
        #expect(lookups.map { scene.answer(to: $0) } == ["1", "2", "3"])
        scene.pong()
        #expect(scene.cached("bomb") == "1" && scene.cached("long") == "2")
    }

    @Test("However many large values there are, only a few are read at a time, and they take nobody's place")
    func places() {
        var scene = Scene(limits: DirectoryLimits(fetchesUnderWayMax: 4, lookupFetchesUnderWayMax: 2))
        for number in 1...20 { scene.set("bomb \(number)", value: Self.compressed("\(number)")) }
        for _ in 1...5 { scene.answerShort() }
        let first = scene.machine.takeWhole()
        let second = scene.machine.takeWhole()
        let third = scene.machine.takeWhole()
        #expect(first != nil && second != nil && third == nil)
        scene.set("small", Scene.payload("21"))
        scene.answerShort()
        scene.pong()
        #expect(scene.cached("small") == "21")
        let fourth = scene.machine.takeWhole()
        #expect(fourth == nil)
    }

    @Test("What is written before a value is read whole is read with it, what is written afterwards again")
    func overtaken() throws {
        var scene = Scene()
        scene.set("A", value: Self.compressed("1"))
        scene.answerShort()
        scene.set("A", value: Self.compressed("2"))
        let firstTaken = scene.machine.takeWhole()
        let first = try #require(firstTaken)
        let value = scene.value(of: first.key, isWhole: true)
        scene.set("A", value: Self.compressed("3"))
        let lookup = scene.lookUp("A", confirm: true)
        scene.machine.wholeFetched(first, first.read(value), at: scene.now, &scene.effects)
        scene.collect()
        #expect(scene.answer(to: lookup) == "none")
        scene.answer()
        scene.pong()
        #expect(scene.answer(to: lookup) == "3")
        #expect(scene.cached("A") == "3")
    }

    @Test("What was decoded of a connection that is lost is no answer to the question on the next one")
    func lostConnection() throws {
        var scene = Scene()
        scene.set("A", value: Self.compressed("1"))
        scene.answerShort()
        let staleTaken = scene.machine.takeWhole()
        let stale = try #require(staleTaken)
        let read = stale.read(scene.value(of: stale.key, isWhole: true))
        scene.machine.askingLost(cause: "lost", at: scene.now, &scene.effects)
        scene.machine.askingEstablished(at: scene.now, &scene.effects)
        scene.set("A", value: Self.compressed("2"))
        scene.answerShort()
        let freshTaken = scene.machine.takeWhole()
        let fresh = try #require(freshTaken)
        scene.machine.wholeFetched(stale, read, at: scene.now, &scene.effects)
        scene.collect()
        #expect(!scene.told.contains("login created A"))
        scene.machine.wholeFetched(
            fresh, fresh.read(scene.value(of: fresh.key, isWhole: true)), at: scene.now, &scene.effects)
        scene.answer()
        scene.pong()
        #expect(scene.cached("A") == "2")
    }

    @Test("What was decoded by keys that were changed meanwhile is decoded again by the new ones")
    func otherKeys() throws {
        var scene = Scene()
        scene.set("A", value: Self.compressed("1"))
        scene.answerShort()
        let fetchTaken = scene.machine.takeWhole()
        let fetch = try #require(fetchTaken)
        let read = fetch.read(scene.value(of: fetch.key, isWhole: true))
        let decoder = SessionDecoder(verification: .keys(SecretKey.lines(of: Array("another".utf8))))
        scene.machine.keysChanged(to: decoder, indices: [:], at: scene.now, &scene.effects)
        scene.machine.wholeFetched(fetch, read, at: scene.now, &scene.effects)
        scene.answer()
        #expect(!scene.told.contains("login created A"))
    }

    @Test("The members of a large session that change are told, and a value that has not changed changes nothing")
    func changes() {
        var scene = Scene()
        scene.set("A", value: Self.compressed("1"))
        scene.answer()
        scene.set("A", value: Self.compressed("1", note: Self.filling + "y"))
        scene.answer()
        scene.set("A", value: Self.compressed("1", note: Self.filling + "y"))
        scene.answer()
        let changes = scene.events.compactMap { event -> [String]? in
            if case .changed(_, let keys) = event.kind { keys } else { nil }
        }
        #expect(changes == [["note"]])
        #expect(scene.machine.miscounts == [])
    }

    @Test("Whoever asks for the data of a large session gets it, also where memory has dropped it")
    func data() {
        var scene = Scene(limits: DirectoryLimits(dataBytesMax: 0))
        scene.set("A", value: Self.compressed("1"))
        scene.answer()
        let lookup = scene.lookUp("A", data: .standard)
        scene.answer()
        #expect(scene.answers[lookup]?.data != nil)
    }
}
