import Foundation
import SessiondClient
import TestSupport
import Testing

/// What an operator sees of how sessions are stored, in `server.status` and in the text of `sessiond status`.
@Suite struct StoredFiguresTests {
    private static let formerKey = "the secret key of last year"

    private func status(_ rig: Rig) async throws -> String {
        try await ChildProcess.run(Places.sessiond, ["status", "--socket", rig.daemon.socketPath]).output
    }

    @Test("Sessions under an old secret are counted until each was saved again or has gone")
    func oldSecret() async throws {
        let rig = try await Rig(secretKeys: [Rig.secretKey, Self.formerKey, "a key of the year before"])
        let (signer, former) = (DjangoSigner(secretKey: Rig.secretKey), DjangoSigner(secretKey: Self.formerKey))
        let now = Int64(Date().timeIntervalSince1970)
        let keys = (0..<4).map { _ in Rig.newKey() }
        let values = [
            signer.signing(Rig.payload(user: "1"), signedAt: now - 3 * 86_400, compression: .always),
            former.signing(Rig.payload(user: "2"), signedAt: now - 40 * 86_400, compression: .never),
            former.signing(Rig.payload(user: nil, extra: #","a":1"#), signedAt: now - 2 * 86_400, compression: .never),
            former.legacy(Rig.payload(user: "3")),
        ]
        for (key, value) in zip(keys, values) { try await rig.write(key, value: value) }
        try await eventually("all four") { try await rig.client.status().stored?.keys.map(\.sessions) == [1, 3, 0] }
        let stored = try #require(try await rig.client.status().stored)
        #expect(stored.layouts == ["signing": 3, "legacy": 1])
        #expect(stored.serializers == ["json": 4])
        #expect(stored.compressions == ["none": 3, "zlib": 1])
        #expect(stored.keys.map(\.key) == [0, 1, 2])
        #expect(stored.keys[1].lastSignedAt == Self.hour(of: now - 2 * 86_400))
        #expect(stored.keys[2].lastSignedAt == nil)
        #expect(stored.signed.oldest == Self.hour(of: now - 40 * 86_400))
        let signed = stored.signed
        #expect(signed.withinDay == 0 && signed.withinWeek == 2 && signed.withinMonth == 2)
        #expect(signed.older == 1 && signed.unknown == 1)

        let text = try await status(rig)
        #expect(text.contains("keys       SECRET_KEY: 1 session, last signed in the hour of "))
        #expect(text.contains("\n           fallback 1: 3 sessions still on it, last signed in the hour of "))
        #expect(text.contains("\n           fallback 2: no session on it\n"))
        #expect(
            text.contains("stored     layout 3 signing, 1 legacy; serializer 4 json; compression 3 none, 1 zlib\n"))
        #expect(text.contains("signed     0 within a day, 2 within a week, 2 within a month, 1 longer ago; oldest "))
        #expect(text.contains("; 1 at a time unknown\n"))
        for key in [Rig.secretKey, Self.formerKey] { #expect(!text.contains(key)) }

        try await rig.write(keys[1], value: signer.signing(Rig.payload(user: "2"), signedAt: now))
        try await rig.write(keys[2], value: signer.signing(Rig.payload(user: nil, extra: #","a":1"#), signedAt: now))
        try await rig.delete(keys[3])
        try await eventually("none on it") { try await rig.client.status().stored?.keys.map(\.sessions) == [3, 0, 0] }
        #expect(try await status(rig).contains("fallback 1: no session on it\n"))
    }

    @Test("Without verification no keys are told, nor lines where there is nothing to tell")
    func unverified() async throws {
        let rig = try await Rig(secretKeys: nil, options: ["--no-verify"])
        let lines = try await status(rig).split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("sessions ") })
        #expect(!lines.contains { $0.hasPrefix("keys ") || $0.hasPrefix("stored ") || $0.hasPrefix("signed ") })
        try await rig.write(Rig.newKey(), Rig.payload(user: "1"), secretKey: "anybody's")
        try await eventually("the session") { try await rig.client.status().stored?.layouts == ["signing": 1] }
        #expect(try await rig.client.status().stored?.keys.isEmpty == true)
        #expect(try await status(rig).contains("stored     layout 1 signing; "))
    }

    private static func hour(of seconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(seconds / 3600 * 3600))
    }
}
