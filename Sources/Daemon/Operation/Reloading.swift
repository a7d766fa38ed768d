import Listening
import Logging
import ServiceLifecycle
import SessionModel
import SocketService
import UnixSignals

/// Reads the configuration again on SIGHUP: secret keys and rights change while clients stay connected and sessions known.
struct Reloading: Service {
    /// What holds now.
    let configuration: DaemonConfiguration
    /// Reads everything anew, as at the start.
    let load: @Sendable () throws -> DaemonConfiguration
    let sockets: [(place: SocketConfiguration.Place, socket: ListeningSocket, access: AccessControl)]
    /// Has stored values decoded by other settings than before.
    let changeDecoding: @Sendable (_ new: DecoderSettings, _ old: DecoderSettings) async -> Void
    /// Trapped before anybody is told that the daemon is ready.
    let hangups: UnixSignalsSequence
    let logger: Logger

    /// What a reload can change; the rest needs a restart.
    private static let reloadable: Set<ServeOption> = [
        .secretKeyFile, .salt, .django, .serializer, .socketRights, .expose, .socketMode, .socketGroup,
    ]
    /// What says where Redis is, and how to talk to it.
    private static let redisOptions: Set<ServeOption> = [
        .redisURL, .redisURLFile, .redisCAFile, .redisCertificateFile, .redisKeyFile, .redisServerName, .redisInsecure,
    ]

    func run() async {
        var current = configuration
        for await _ in hangups.cancelOnGracefulShutdown() {
            let announceEnd = Readiness.announceReload()
            do {
                let new = try load()
                try check(new.decoding, replaces: current.decoding)
                await apply(new, after: current)
                let hasSameCopy = new.decoding.areKeysCopied && new.decoding.hasKeys(of: current.decoding)
                current.take(new)
                logger.notice("configuration reloaded: \(new.decoding.keyCount) secret keys")
                if hasSameCopy { logger.notice("\(Self.copiedKeys)") }
            } catch {
                logger.error("the configuration is not reloaded, what was goes on: \(error)")
            }
            announceEnd()
        }
    }

    private static let copiedKeys = """
        the secret keys are those that the service manager copied at the start (LoadCredential=): restart sessiond for others, or \
        give --secret-key-file, which a reload reads anew
        """

    /// A wrong key file would log everybody out.
    private func check(_ new: DecoderSettings, replaces old: DecoderSettings) throws(ConfigurationError) {
        guard (new.keyCount == 0) == (old.keyCount == 0) else {
            throw .conflict("whether sessions are verified changes with a restart alone")
        }
        guard old.keyCount == 0 || !new.indices(of: old).isEmpty else {
            throw .conflict(
                """
                none of the secret keys is one of those that held so far, and all sessions would end: keep the old one as a \
                fallback, or restart sessiond to change them all
                """)
        }
    }

    private func apply(_ new: DaemonConfiguration, after old: DaemonConfiguration) async {
        for (place, socket, access) in sockets {
            guard let wanted = new.sockets.first(where: { $0.place.isSame(as: place) }) else { continue }
            access.replace(by: wanted.policy)
            change(socket, to: wanted.place, from: old.sockets.first { $0.place.isSame(as: place) }?.place)
        }
        for warning in new.warnings where !old.warnings.contains(warning) { logger.warning("\(warning)") }
        if new.sockets.count != sockets.count
            || new.sockets.contains(where: { wanted in !sockets.contains { wanted.place.isSame(as: $0.place) } })
        {
            logger.warning("the sockets are others than before: restart sessiond for that")
        }
        let changed = new.changes(since: old)
        if !new.decoding.hasKeys(of: old.decoding) || !changed.isDisjoint(with: [.salt, .django, .serializer]) {
            await changeDecoding(new.decoding, old.decoding)
        }
        var others = changed.subtracting(Self.reloadable).map { "--\($0.rawValue)" }.sorted()
        if new.endpoint != old.endpoint, changed.isDisjoint(with: Self.redisOptions) {
            others.append("the Redis URL in its file")
        }
        if !others.isEmpty {
            logger.warning("restart sessiond for what else has changed: \(others.joined(separator: ", "))")
        }
    }
    /// Gives the file of a socket the permissions that are wanted now.
    private func change(
        _ socket: ListeningSocket, to wanted: SocketConfiguration.Place, from old: SocketConfiguration.Place?
    ) {
        guard wanted != old, case .file(_, let mode, let group) = wanted else { return }
        do throws(ListeningSocketError) {
            try socket.change(mode: mode, group: group)
        } catch {
            logger.error("the socket's permissions are not as the configuration says: \(error)")
        }
    }
}
