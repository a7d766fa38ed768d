import AuditJournal
import Crypto
import Foundation
import SessiondClient

/// Writes the journal's events to a file, signed. The file gets its name when it is whole.
struct EventExport {
    let path: String
    let keyPath: String

    func write(from connection: SessiondConnection, after: String?) async throws {
        let key = try Self.key(keyPath)
        guard !FileManager.default.fileExists(atPath: path) else {
            throw Failure(description: "there is a file \(path) already: give another name")
        }
        let unfinished = path + ".unfinished"
        guard FileManager.default.createFile(atPath: unfinished, contents: nil, attributes: [.posixPermissions: 0o600]),
            let file = FileHandle(forWritingAtPath: unfinished)
        else { throw Failure(description: "\(path) cannot be written") }
        do {
            let count = try await write(to: file, from: connection, after: after, key)
            try file.close()
            try FileManager.default.moveItem(atPath: unfinished, toPath: path)
            Terminal.tell("\(Words.count(count, "event")) in \(path), signed")
        } catch {
            try? FileManager.default.removeItem(atPath: unfinished)
            throw error
        }
    }

    private func write(
        to file: FileHandle, from connection: SessiondConnection, after: String?, _ key: Curve25519.Signing.PrivateKey
    ) async throws -> Int {
        var export = JournalExport()
        var next = after
        repeat {
            let page = try await connection.events(after: next, limit: 1000)
            for event in page.events {
                do throws(JournalAudit.Fault) {
                    try export.add(event.json)
                } catch {
                    throw Self.failure(error)
                }
                try Self.put(event.json, file)
            }
            next = page.next
        } while next != nil
        let seal: [[UInt8]]?
        do {
            seal = try export.seal(key, at: Int64(Date().timeIntervalSince1970 * 1000))
        } catch let fault as JournalAudit.Fault {
            throw Self.failure(fault)
        }
        guard let seal else { throw Failure(description: "there is no event to export") }
        for line in seal { try Self.put(line, file) }
        return export.eventCount
    }

    private static func failure(_ fault: JournalAudit.Fault) -> Failure {
        Failure(description: "the journal does not hold at \(fault): see `sessiond verify`")
    }

    private static func put(_ line: [UInt8], _ file: FileHandle) throws {
        do {
            try file.write(contentsOf: Data(line + [0x0A]))
        } catch {
            throw Failure(description: "the file cannot be written: \(error.localizedDescription)")
        }
    }

    private static func key(_ path: String) throws(Failure) -> Curve25519.Signing.PrivateKey {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Failure(description: "the key file \(path) cannot be read: `sessiond keygen` makes one")
        }
        guard let key = SigningKey.privateKey(pem: text) else {
            throw Failure(description: "\(path) holds no private Ed25519 key in PEM: `sessiond keygen` makes one")
        }
        return key
    }
}
