import DjangoSession
import SessionModel
import TestSupport
import Testing

@testable import SessionDirectory

/// How many sessions are under which key and layout, and how old their signatures are.
@Suite struct StoredFormTests {
    private static let hour: Int64 = 3600
    private static let now: Int64 = 1_700_000_000
    private let signer = DjangoSigner(secretKey: Scene.secretKey)
    private let formerSigner = DjangoSigner(secretKey: Scene.fallbackKey)

    private func figures(_ scene: borrowing Scene) -> StoredFigures {
        #expect(scene.machine.miscounts == [])
        return scene.machine.figures.storedForms.figures(keyCount: 2, at: scene.now)
    }

    private func keyCounts(_ scene: borrowing Scene) -> [Int] {
        figures(scene).keys.map(\.sessionCount)
    }

    @Test("A session that is saved again under the new key leaves the old one, and then the old layout")
    func savedAgain() {
        var scene = Scene()
        scene.set("A", value: formerSigner.legacy(Scene.payload("1")))
        scene.set("B", value: formerSigner.signing(Scene.payload(nil)))
        scene.set("C", value: signer.signing(Scene.payload("2"), compression: .always))
        scene.answer()
        #expect(keyCounts(scene) == [1, 2])
        #expect(figures(scene).layouts == ["legacy": 1, "signing": 2])
        #expect(figures(scene).compressions == ["none": 2, "zlib": 1])
        #expect(figures(scene).serializers == ["json": 3])

        scene.set("A", value: signer.legacy(Scene.payload("1")))
        scene.answer()
        #expect(keyCounts(scene) == [2, 1])
        scene.set("A", value: signer.signing(Scene.payload("1")))
        scene.set("B", value: signer.signing(Scene.payload("3")))
        scene.answer()
        #expect(keyCounts(scene) == [3, 0])
        #expect(figures(scene).layouts == ["signing": 3])
    }

    @Test("Sessions that are deleted, expired, flushed or lost while nobody listened are counted no more")
    func gone() {
        var scene = Scene()
        for name in ["deleted", "expired", "unannounced"] {
            scene.set(name, value: formerSigner.signing(Scene.payload("1")), milliseconds: 5000)
        }
        scene.answer()
        #expect(keyCounts(scene) == [0, 3])
        scene.delete("deleted")
        #expect(keyCounts(scene) == [0, 2])
        scene.delete("expired", announcedAs: "expired")
        #expect(keyCounts(scene) == [0, 1])
        scene.advance(5000)
        scene.delete("unannounced", announcedAs: nil)
        scene.answer()
        #expect(keyCounts(scene) == [0, 0])

        scene.set("flushed", value: formerSigner.signing(Scene.payload("1")))
        scene.answer()
        scene.delete("flushed", announcedAs: nil)
        scene.lose()
        scene.subscribe()
        #expect(keyCounts(scene) == [0, 1])
        scene.catchUp()
        #expect(keyCounts(scene) == [0, 0])
        #expect(figures(scene) == StoredForms().figures(keyCount: 2, at: scene.now))
    }

    @Test("A value that turns invalid or unreadable has no form, and has one again when it turns good")
    func turnsBad() {
        var scene = Scene()
        let good = signer.signing(Scene.payload("1"))
        for bad in [DjangoSigner(secretKey: "another").signing(Scene.payload("1")), Array("garbage".utf8)] {
            scene.set("A", value: good)
            scene.answer()
            #expect(keyCounts(scene) == [1, 0])
            scene.set("A", value: bad)
            scene.answer()
            #expect(keyCounts(scene) == [0, 0])
            #expect(figures(scene).layouts.isEmpty)
        }
        scene.set("A", value: good)
        scene.answer()
        #expect(keyCounts(scene) == [1, 0])
    }

    @Test("A session that one read missed and the next one found is counted once")
    func foundAgain() {
        var scene = Scene()
        let value = formerSigner.signing(Scene.payload("1"))
        scene.set("A", value: value)
        scene.answer()
        scene.delete("A", announcedAs: nil)
        scene.announce("A", "set")
        scene.answer()
        #expect(keyCounts(scene) == [0, 0])
        scene.put("A", value: value)
        scene.announce("A", "set")
        scene.answer()
        #expect(keyCounts(scene) == [0, 1])
    }

    @Test("Without verification there is no key to count")
    func unverified() {
        var scene = Scene(verifies: false)
        scene.set("A", value: DjangoSigner(secretKey: "another").signing(Scene.payload("1")))
        scene.answer()
        #expect(keyCounts(scene) == [0, 0])
        #expect(figures(scene).layouts == ["signing": 1])
        #expect(scene.machine.figures.storedForms.figures(keyCount: 0, at: scene.now).keys.isEmpty)
    }

    @Test("Ages are counted up to a day, a week, a month, and grow as time passes")
    func ages() {
        var scene = Scene()
        let hours: [Int64] = [0, 23, 24, 7 * 24 - 1, 7 * 24, 30 * 24 - 1, 30 * 24, 365 * 24]
        for hours in hours {
            let value = signer.signing(Scene.payload("1"), signedAt: Self.now - hours * Self.hour)
            scene.set("\(hours)", value: value, milliseconds: nil)
        }
        scene.set("unknown", value: signer.legacy(Scene.payload("1")))
        scene.answer()
        var ages = figures(scene).ages
        #expect([ages.withinDay, ages.withinWeek, ages.withinMonth, ages.older, ages.unknown] == [2, 4, 6, 2, 1])
        #expect(ages.oldest.map { $0 / 3_600_000 } == Self.now / Self.hour - 365 * 24)
        #expect(figures(scene).keys[0].lastSignedAt.map { $0 / 3_600_000 } == Self.now / Self.hour)
        #expect(figures(scene).keys[1].lastSignedAt == nil)

        scene.now.wall += 3_600_000
        ages = figures(scene).ages
        #expect([ages.withinDay, ages.withinWeek, ages.withinMonth, ages.older, ages.unknown] == [1, 3, 5, 3, 1])
    }

    @Test("The newest signature under a key is known also when that session goes")
    func lastSigned() {
        var scene = Scene()
        for hours: Int64 in [50, 3] {
            let value = formerSigner.signing(Scene.payload("1"), signedAt: Self.now - hours * Self.hour)
            scene.set("\(hours)", value: value)
        }
        scene.answer()
        #expect(figures(scene).keys[1].lastSignedAt.map { Self.now / 3600 - $0 / 3_600_000 } == 3)
        scene.delete("3")
        #expect(figures(scene).keys[1].lastSignedAt.map { Self.now / 3600 - $0 / 3_600_000 } == 50)
    }

    @Test(
        "A time beyond belief is a year old, or new, and no reason to stumble",
        arguments: [.min, -1, 0, now - 400 * 86_400] as [Int64], [now + 3600, 99_999_999_999, .max] as [Int64])
    func extremes(past: Int64, future: Int64) {
        var scene = Scene()
        scene.set("past", value: signer.signing(Scene.payload("1"), signedAt: past))
        scene.set("future", value: signer.signing(Scene.payload("1"), signedAt: future))
        scene.answer()
        let figures = figures(scene)
        #expect(figures.ages.withinDay + figures.ages.older + figures.ages.unknown == 2)
        #expect(figures.ages.older == (past == .min ? 0 : 1))
        #expect((figures.ages.oldest ?? 0) / 3_600_000 >= Self.now / Self.hour - StoredForm.hoursMax)
        #expect((figures.keys[0].lastSignedAt ?? 0) / 1000 <= Self.now)
    }

    @Test("Values that were signed at any number of times come in a bounded number of forms")
    func bounded() throws {
        var forms = StoredForms()
        var session = try SessionDecoder(verification: .none).decode(signer.signing(Scene.payload("1")))
        for second in stride(from: Int64(0), through: 4_000_000_000, by: 40_000) {
            session.signedAt = second
            forms.change(from: nil, to: StoredForm(session, readAt: Self.now * 1000))
        }
        #expect(forms.counts.values.reduce(0, +) == 100_001)
        #expect(forms.counts.count <= StoredForm.hoursMax + 1)
    }

    @Test("An entry is no larger for knowing its form")
    func size() {
        #expect(MemoryLayout<StoredForm?>.size <= 12)
    }
}
