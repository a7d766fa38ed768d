import DjangoSession
import Foundation
import Testing

/// A line of the corpus: a value that a real Django wrote and read.
private struct CorpusLine {
    let id: String
    let kind: String
    let value: [UInt8]
    let expect: JSONValue
    private let keys: [SecretKey]
    private let salt: String?
    /// `signing`, `legacy`, or `cache:<serializer>:<compressor>`.
    private let format: [Substring]
    private let serializer: DecodedSession.Serializer
    private let django: DjangoVersion
    /// What class a text by `mark_safe` is of depends on the version of Django.
    private let hasSafeStrings: Bool

    /// Nil for bombs, which have no bytes.
    init?(_ line: String) throws {
        let members = try JSONValue(line)
        guard let value = members["raw_b64"]?.string.flatMap({ Data(base64Encoded: $0) }) else { return nil }
        self.value = [UInt8](value)
        id = try #require(members["id"]?.string)
        hasSafeStrings = line.contains("django.utils.safestring.")
        kind = try #require(members["kind"]?.string)
        format = try #require(members["format"]?.string).split(separator: ":")
        django = try #require(members["django"]?.string.flatMap { DjangoVersion($0) })
        let writer = try #require(members["serializer"]?.string).lowercased()
        serializer = writer.contains("json") ? .json : writer.hasPrefix("msgpack") ? .msgpack : .pickle
        let secrets = [members["secret_key"]?.string].compactMap { $0 } + (members["fallbacks"]?.strings ?? [])
        keys = secrets.map { SecretKey(Array($0.utf8)) }
        let salt = members["salt"]?.string
        let defaults = ["django.contrib.sessions.SessionStore", "django.contrib.sessionsSessionStore"]
        self.salt = salt.flatMap { defaults.contains($0) ? nil : $0 }
        expect = try #require(members["expect"])
    }

    var isAccepted: Bool { expect["ok"] == .bool(true) }

    /// With the line's own Django, serializer and compressor.
    var ownDecoder: SessionDecoder {
        guard format[0] == "cache" else {
            return SessionDecoder(verification: .keys(keys), salts: salts, serializer: serializer, django: django)
        }
        let compressor = DecodedSession.Compression(rawValue: String(format[2]))
        return SessionDecoder(cacheSerializer: serializer, compressor: compressor, django: django)
    }

    /// With nothing said but whether values are signed.
    var anyDecoder: SessionDecoder {
        format[0] == "cache"
            ? SessionDecoder(cacheSerializer: nil) : SessionDecoder(verification: .keys(keys), salts: salts)
    }

    private var salts: [String]? { salt.map { [$0] } }

    /// Why this line cannot be read as it says; nil for all but these.
    var contradiction: String? {
        switch (kind, isAccepted) {
        case ("edge_bigint5000", true):
            "the Pythons that ran this Django differ: since 3.8.14 they refuse 5,000 digits, as another line says"
        case ("neg_cache_flip", false) where ["lz4", "zstd"].contains(format[2]):
            "these frames have no checksum, and the changed byte is in a text: real decompressors and pickle read it"
        default: nil
        }
    }

    func decode(by decoder: SessionDecoder) -> Result<DecodedSession, DecodeError> {
        do throws(DecodeError) {
            return .success(try decoder.decode(value))
        } catch {
            return .failure(error)
        }
    }

    /// Reads the line as the Django that it names.
    func checkOwn() throws {
        switch (decode(by: ownDecoder), isAccepted) {
        case (.failure, false): break
        case (.success(let session), true):
            let userID = expect["user_id"]?.string ?? expect["user_id"]?.integer.map { String($0) }
            #expect(session.userID == userID, "\(id) \(kind)")
            #expect(session.backend == expect["backend"]?.string, "\(id) \(kind)")
            #expect(try JSONValue(session.data) == expect["session"], "\(id) \(kind)")
        case (.success, false):
            if contradiction == nil { Issue.record("\(id) \(kind) is accepted") }
        case (.failure(let error), true):
            if contradiction == nil { Issue.record("\(id) \(kind): \(error)") }
        }
    }

    /// Reads an accepted line without knowing what it is.
    func checkAny() throws {
        guard isAccepted, contradiction == nil else { return }
        switch decode(by: anyDecoder) {
        case .failure(let error): Issue.record("\(id) \(kind): \(error)")
        case .success(let session):
            guard !hasSafeStrings else { return }
            #expect(try JSONValue(session.data) == expect["session"], "\(id) \(kind)")
        }
    }
}

@Suite(
    "The corpus beside the checkout",
    .enabled(if: Places.hasCorpus, "there is no ../shared/corpus beside the package")
)
struct CorpusTests {
    /// The names of the corpus's files.
    static let files: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Places.corpus.path)) ?? []
        return names.filter { $0.hasSuffix(".ndjson") || $0.hasSuffix(".ndjson.gz") }.sorted()
    }()

    /// What the hostile pickles of the corpus would create.
    private static let canary = "/tmp/sessiond_pwned"

    @Test("Every value is read as its Django read it, and by every Django's rules if one reads it", arguments: files)
    func values(file: String) throws {
        let lines = try Places.lines(of: Places.corpus.appending(path: file)).compactMap(CorpusLine.init)
        for line in lines {
            try line.checkOwn()
            try line.checkAny()
        }
        #expect(file == "bombs.ndjson" || !lines.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: Self.canary))
    }
}
