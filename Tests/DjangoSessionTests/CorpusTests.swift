import DjangoSession
import Foundation
import Testing

/// A line of the corpus: a value that a real Django wrote and read.
private struct CorpusLine {
    let id: String
    let kind: String
    let keys: [SecretKey]
    let salt: String?
    let value: [UInt8]
    let expect: JSONValue

    /// Nil for lines of other layouts and serializers, and for bombs, which have no bytes.
    init?(_ line: String) throws {
        let members = try JSONValue(line)
        guard let format = members["format"]?.string, ["signing", "legacy"].contains(format),
            let serializer = members["serializer"]?.string, ["JSONSerializer", "UjsonSerializer"].contains(serializer),
            let value = members["raw_b64"]?.string.flatMap({ Data(base64Encoded: $0) })
        else { return nil }
        id = try #require(members["id"]?.string)
        kind = try #require(members["kind"]?.string)
        let secrets = [try #require(members["secret_key"]?.string)] + (members["fallbacks"]?.strings ?? [])
        keys = secrets.map { SecretKey(Array($0.utf8)) }
        let salt = members["salt"]?.string
        let defaults = ["django.contrib.sessions.SessionStore", "django.contrib.sessionsSessionStore"]
        self.salt = salt.flatMap { defaults.contains($0) ? nil : $0 }
        self.value = [UInt8](value)
        expect = try #require(members["expect"])
    }

    /// Why this line is not read as the Django of the line reads it; nil for all but these.
    var difference: String? {
        let isAccepted = expect["ok"] == .bool(true)
        return switch (kind, isAccepted) {
        case ("neg_legacy_value", false): "Django 4.0 stopped to read the legacy layout; 3.1 and 3.2 read this value"
        case ("neg_sig_sha1", false): "Django 4.0 stopped to accept HMAC-SHA1; 3.1 and 3.2 accept this value"
        case ("edge_bigint5000", true):
            "5,000 digits are read only by Pythons without a limit, and no Django writes them"
        default: nil
        }
    }

    func decode() throws -> DecodedSession {
        try SessionDecoder(verification: .keys(keys), salts: salt.map { [$0] }).decode(value)
    }

    func check() {
        let isAccepted = expect["ok"] == .bool(true)
        guard difference == nil else {
            // A difference that is none any more has to leave the list.
            #expect(((try? decode()) != nil) != isAccepted, "\(id) \(kind)")
            return
        }
        guard isAccepted else {
            #expect(throws: DecodeError.self, "\(id) \(kind)") { try decode() }
            return
        }
        do {
            let session = try decode()
            let userID = expect["user_id"]?.string ?? expect["user_id"]?.integer.map { String($0) }
            #expect(session.userID == userID, "\(id) \(kind)")
            #expect(session.backend == expect["backend"]?.string, "\(id) \(kind)")
            #expect(try JSONValue(session.data) == expect["session"], "\(id) \(kind)")
        } catch {
            Issue.record("\(id) \(kind): \(error)")
        }
    }
}

@Suite("The corpus beside the checkout")
struct CorpusTests {
    /// The names of the corpus's files.
    static let files: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Places.corpus.path)) ?? []
        return names.filter { $0.hasSuffix(".ndjson") || $0.hasSuffix(".ndjson.gz") }.sorted()
    }()

    @Test(
        "Every signed JSON session is read as its Django read it",
        .enabled(if: Places.hasCorpus, "there is no ../shared/corpus beside the package"),
        arguments: files
    )
    func values(file: String) throws {
        let lines = try Places.lines(of: Places.corpus.appending(path: file)).compactMap(CorpusLine.init)
        for line in lines { line.check() }
        // Django 1.4 has no JSON, bombs have no bytes, and the other compressed files may hold pickles only.
        let mayBeEmpty = file.hasSuffix(".gz") || file == "bombs.ndjson" || file.hasPrefix("django-1.4")
        #expect(mayBeEmpty || !lines.isEmpty)
    }
}
