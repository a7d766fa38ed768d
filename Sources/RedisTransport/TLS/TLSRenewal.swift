import Logging
import Synchronization

/// Reads the files for TLS anew for every connection, so that a renewed certificate is taken up without a restart.
///
/// Files that cannot be used are told, and what was read before goes on being used: a renewal often writes the certificate
/// before the key.
final class TLSRenewal: Sendable {
    private let settings: TLSSettings
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var current: (files: TLSFiles, context: TLSContext)?
        var lastTold: TLSFileError?
    }

    init(_ settings: TLSSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// What the next connection is made with.
    ///
    /// - Throws: where the files cannot be used, and never could.
    func context() throws(TLSFileError) -> TLSContext {
        // Read under the lock, so that what two connections want at one time is read once.
        let result: Result<TLSContext, TLSFileError> = state.withLock { state in
            do throws(TLSFileError) {
                let files = try TLSFiles(settings)
                state.lastTold = state.current?.files == files ? nil : state.lastTold
                if let current = state.current, current.files == files { return .success(current.context) }
                let context = try files.context(settings)
                if state.current != nil { logger.notice("read the renewed files for TLS to Redis") }
                state = State(current: (files, context))
                return .success(context)
            } catch {
                guard let current = state.current else { return .failure(error) }
                if error != state.lastTold {
                    logger.warning(
                        "\(error). What was read before goes on being used; every new connection reads it again")
                }
                state.lastTold = error
                return .success(current.context)
            }
        }
        return try result.get()
    }
}
