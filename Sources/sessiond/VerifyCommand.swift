import ArgumentParser
import AuditJournal
import Crypto
import Foundation

/// `sessiond verify`.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Is the journal what was written? Names the first place at which it is not.",
        discussion: """
            Walks all events: each must carry the hash of the one before, and logins and logouts must alternate. Also while the daemon \
            runs. Whoever can write the file can make a new chain; an export that was signed earlier with `sessiond events --export` \
            shows that. Exits with 0 where everything holds, with 1 where it does not, and with 2 where that cannot be told.

            Examples:
              sessiond verify                                         the journal of the daemon here
              sessiond verify backup.sqlite
              sessiond verify events.ndjson --public-key audit-key.pub
            """
    )

    @Argument(
        help: "A journal's file, or an export. Without it, the journal in the state directory.", completion: .file())
    var file: String?

    @Option(help: ArgumentHelp("Whose signature an export must carry.", valueName: "file"), completion: .file())
    var publicKey: String?

    @OptionGroup var location: JournalLocation

    func run() async throws {
        try await Failure.reported {
            let path = try file ?? location.find()
            if try Self.isExport(path) {
                try report(Self.verify(export: path, try publicKey.map(Self.key)))
                if publicKey == nil { Terminal.tell("the signature was not looked at: give --public-key") }
            } else {
                guard publicKey == nil else {
                    throw Failure(
                        description: "\(path) is a journal, and only exports are signed: leave --public-key away")
                }
                try report(Self.verify(journal: path))
            }
        }
    }

    private func report(_ audit: JournalAudit) {
        let span = audit.first.map { " from \($0) to \(audit.last ?? $0)" } ?? ""
        let erased = audit.erasedCount == 0 ? "" : ", \(audit.erasedCount) of them erased"
        Terminal.print("holds: \(Words.count(audit.eventCount, "event"))\(span)\(erased)")
        if let head = audit.head { Terminal.print("head:  \(head)") }
    }

    /// Verifies a journal's file; exits with 1 where it does not hold.
    static func verify(journal path: String) throws -> JournalAudit {
        do {
            defer { Terminal.progress("") }
            return try JournalVerifier.verify(path) { Terminal.progress("\($0) events hold so far") }
        } catch let fault as JournalAudit.Fault {
            throw broken(fault)
        } catch let failure as JournalFailure {
            throw Failure(description: "\(failure)")
        }
    }

    private static func verify(export path: String, _ key: Curve25519.Signing.PublicKey?) throws -> JournalAudit {
        guard let lines = Lines(path: path) else { throw Failure(description: "\(path) cannot be read") }
        do throws(JournalAudit.Fault) {
            return try JournalExport.verify(lines, signedBy: key)
        } catch {
            throw broken(error)
        }
    }

    private static func broken(_ fault: JournalAudit.Fault) -> ExitCode {
        Terminal.print("broken at \(fault)")
        return ExitCode(1)
    }

    private static func isExport(_ path: String) throws(Failure) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path), let start = try? file.read(upToCount: 16) else {
            throw Failure(description: "\(path) cannot be read")
        }
        return !start.starts(with: Data("SQLite format 3".utf8))
    }

    private static func key(_ path: String) throws(Failure) -> Curve25519.Signing.PublicKey {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), let key = SigningKey.publicKey(pem: text)
        else {
            throw Failure(description: "\(path) holds no public Ed25519 key in PEM")
        }
        return key
    }
}

/// The lines of a file, one at a time.
private struct Lines: Sequence, IteratorProtocol {
    private let file: UnsafeMutablePointer<FILE>

    /// Nil for a file that cannot be opened. It stays open until the process ends.
    init?(path: String) {
        guard let file = fopen(path, "r") else { return nil }
        self.file = file
    }

    mutating func next() -> String? {
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        let count = getline(&line, &capacity, file)
        guard count > 0, let line else { return nil }
        let bytes = UnsafeRawBufferPointer(start: line, count: count)
        return String(decoding: bytes.last == 0x0A ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }
}
