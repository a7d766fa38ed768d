import ArgumentParser
import SessionModel

/// Fingerprints on the command line. They are texts, checked afterwards: ArgumentParser repeats what it cannot read, and that
/// could be a session key.
enum FingerprintArgument {
    static func check(_ text: String?, option: String) throws {
        guard let text, Fingerprint(text) == nil else { return }
        throw ValidationError(
            "\(option) takes a fingerprint, 32 hexadecimal digits in lower case, as `sessiond sessions` shows it; no session key."
        )
    }
}
