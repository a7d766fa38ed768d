package import Crypto
import Foundation
import SessionModel

/// An export: events as they are stored, a line each, then a line that sums them up, then a line that signs that one.
///
/// `Protocols/journal.md` says how others verify it.
package struct JournalExport {
    private var audit = JournalAudit(anchor: nil, after: EventID(run: .max, sequence: .max))
    private var source: String?
    private var lines = SHA256()

    private static let algorithm = "Ed25519"

    package init() {}

    /// Takes the next event, which is to be written as a line.
    ///
    /// - Throws: ``JournalAudit/Fault`` where it does not follow from those before.
    package mutating func add(_ event: [UInt8]) throws(JournalAudit.Fault) {
        let members = try audit.take(String(decoding: event, as: UTF8.self))
        source = source ?? members.source
        lines.update(data: event + [UInt8(ascii: "\n")])
    }

    package var eventCount: Int { audit.eventCount }

    private var linesHash: String { HashChain.hexadecimal(lines.finalize()) }

    /// The two lines at the end; nil where there is no event.
    ///
    /// - Parameter now: milliseconds since 1970.
    /// - Throws: ``JournalAudit/Fault`` where the events do not hold, taken together.
    package func seal(_ key: Curve25519.Signing.PrivateKey, at now: Int64) throws -> [[UInt8]]? {
        try audit.end()
        guard let source, let first = audit.first, let last = audit.last, let head = audit.head else { return nil }
        var summary = JSONWriter()
        summary.beginObject()
        summary.member("export", "sessiond")
        summary.member("version", 1)
        summary.member("time", Timestamp.milliseconds(now))
        summary.member("source", source)
        summary.member("events", audit.eventCount)
        summary.member("first", first.description)
        summary.member("last", last.description)
        summary.member("previoushash", audit.anchor ?? "")
        summary.member("hash", head)
        summary.member("lines_hash", linesHash)
        summary.member("public_key", key.publicKey.rawRepresentation.base64EncodedString())
        summary.endObject()
        var signature = JSONWriter()
        signature.beginObject()
        signature.member("algorithm", Self.algorithm)
        signature.member("signature", try key.signature(for: summary.bytes).base64EncodedString())
        signature.endObject()
        return [summary.bytes, signature.bytes]
    }

    /// Verifies an export.
    ///
    /// - Parameter key: whose signature is wanted; nil to look at the chain alone.
    /// - Throws: ``JournalAudit/Fault`` at the first place that does not hold.
    package static func verify(
        _ lines: some Sequence<String>, signedBy key: Curve25519.Signing.PublicKey?
    ) throws(JournalAudit.Fault) -> JournalAudit {
        var export = JournalExport()
        // The last two are no events.
        var held: [String] = []
        for line in lines {
            held.append(line)
            if held.count > 2 { try export.add(Array(held.removeFirst().utf8)) }
        }
        guard held.count == 2, let summary = try? JSONDecoder().decode(Summary.self, from: Data(held[0].utf8)),
            let seal = try? JSONDecoder().decode(Seal.self, from: Data(held[1].utf8)), seal.algorithm == Self.algorithm
        else { throw JournalAudit.Fault(id: export.audit.last, problem: "the two lines at the end are missing") }
        if let key {
            guard key.isValidSignature(seal.signature, for: Data(held[0].utf8)) else {
                throw JournalAudit.Fault(
                    id: nil, problem: "the signature is not of this key, or the line before it was changed")
            }
        }
        guard summary.events == export.eventCount, summary.previoushash == export.audit.anchor,
            summary.hash == export.audit.head, summary.linesHash == export.linesHash
        else {
            throw JournalAudit.Fault(
                id: export.audit.last,
                problem: "the events are not those that were signed: some are missing at an end, or were changed")
        }
        try export.audit.end()
        return export.audit
    }

    private struct Summary: Decodable {
        var events: Int
        var previoushash: String
        var hash: String
        var linesHash: String

        enum CodingKeys: String, CodingKey {
            case events, previoushash, hash
            case linesHash = "lines_hash"
        }
    }

    private struct Seal: Decodable {
        var algorithm: String
        var signature: Data
    }
}
