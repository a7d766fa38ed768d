import ArgumentParser
import AuditJournal
import Crypto
import Foundation

/// `sessiond keygen`.
struct KeygenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a key pair for signing exports of the journal.",
        discussion: """
            Writes a private Ed25519 key to FILE, readable by you alone, and its public half to FILE.pub, both as PEM. A signature shows \
            that an export was not changed since, also not by somebody who can write the journal. It is made where `sessiond events \
            --export` runs: use a user of its own there, whom the daemon's user cannot read, keep the exports on another machine, \
            and give the public key to whoever verifies.

            Example:
              sessiond keygen audit-key
            """
    )

    @Argument(help: "Where the private key is written; nothing may lie there yet.", completion: .file())
    var file: String

    func run() async throws {
        try await Failure.reported {
            let key = Curve25519.Signing.PrivateKey()
            try Self.write(SigningKey.pem(key), to: file, mode: 0o600)
            try Self.write(SigningKey.pem(key.publicKey), to: file + ".pub", mode: 0o644)
            Terminal.tell("private key in \(file), public key in \(file).pub")
        }
    }

    private static func write(_ text: String, to path: String, mode: mode_t) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw Failure(
                description: errno == EEXIST
                    ? "there is a file \(path) already: keys are not overwritten"
                    : "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw Failure(description: "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }
}
