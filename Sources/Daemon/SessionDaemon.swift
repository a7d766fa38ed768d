import AuditJournal
import Foundation
import Logging
import NIOCore
import NIOPosix
import RedisTransport
import ServiceLifecycle
import SessionDirectory
import SessionModel
import SocketService
import UnixSignals

/// The daemon: its parts, wired.
///
/// One event loop belongs to the link to Redis and to all decisions; another one serves the socket and only reads.
package struct SessionDaemon {
    /// The version that `server.info` and `--version` tell.
    package static let version = "0.1.0"

    private let configuration: DaemonConfiguration
    private let logger: Logger

    package init(_ configuration: DaemonConfiguration) {
        self.configuration = configuration
        let (format, level) = (configuration.logFormat, configuration.logLevel)
        logger = Logger(label: "sessiond") { _ in StandardErrorLog(format: format, level: level) }
    }

    /// Serves until SIGTERM or SIGINT.
    ///
    /// - Throws: ``ListeningSocketError`` where the socket cannot be opened.
    package func run() async throws {
        let started = SystemClock.now()
        switch configuration.journal {
        case .memory:
            // Microseconds, so that a restart within a millisecond still opens a later run.
            let run = UInt64(started.wall) * 1000 + UInt64.random(in: 0..<1000)
            try await serve(
                since: started, MemoryJournal(run: run, uuid: UUID().uuidString.lowercased()),
                JournalControl(start: { _ in JournalOpening(run: run) }))
        case .disk(let settings):
            let journal = DiskJournal(settings, logger: logger) { SystemClock.now().wall }
            try await serve(since: started, journal, JournalControl(journal))
        }
    }

    private func serve<EventJournal: Journal>(
        since started: Moment, _ journal: EventJournal, _ control: JournalControl
    ) async throws {
        let socket = try ListeningSocket.bind(
            path: configuration.socketPath, mode: configuration.socketMode, group: configuration.socketGroup
        )
        let linkLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let socketLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let linkLoop = linkLoops.next()
        let figures = SocketFigures()
        let parts = try await linkLoop.submit { [self] in assemble(on: linkLoop, started, journal, figures) }.get()
        await attach(control, to: parts.driver, on: linkLoop)
        let server = SocketServer(socket: socket, backend: parts.backend, group: socketLoops, logger: logger)
        logger.info(
            "sessiond \(Self.version) listens",
            metadata: [
                "socket": "\(configuration.socketPath)", "redis": "\(configuration.endpoint)",
                "keys": "\(configuration.keyPattern)", "secret_keys": "\(configuration.decoding.keyCount)",
            ]
        )
        if configuration.decoding.keyCount == 0 {
            logger.warning("sessions are not verified (--no-verify): anyone who can write to Redis can be anybody")
        }
        // They stop in the opposite order: no client is left without answers.
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [.init(service: parts.link)]
        if let publisher = parts.publisher { services.append(.init(service: publisher)) }
        services.append(.init(service: server))
        let group = ServiceGroup(
            configuration: .init(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        try await group.run()
        try await linkLoop.submit { parts.driver.value.end() }.get()
        await control.stop()
        Readiness.notify("STOPPING=1")
        try await socketLoops.shutdownGracefully()
        try await linkLoops.shutdownGracefully()
        logger.info("stopped")
    }

    private struct Parts<EventJournal: Journal>: Sendable {
        var driver: NIOLoopBound<DirectoryDriver<EventJournal>>
        var link: RedisLink<DirectoryDriver<EventJournal>>
        var publisher: StreamPublisher<EventJournal>?
        var backend: SocketBackend<DirectoryService<EventJournal>, EventJournal>
    }

    /// Brings the journal and the machine together, before anything is heard of Redis if the journal can be opened.
    private func attach<EventJournal: Journal>(
        _ control: JournalControl, to driver: NIOLoopBound<DirectoryDriver<EventJournal>>, on loop: any EventLoop
    ) async {
        let take: @Sendable (JournalNews) -> Void = { news in
            loop.execute {
                switch news {
                case .opened(let opening): driver.value.journalOpened(opening, open: control.open)
                case .interrupted(let since): driver.value.journalInterrupted(since: since)
                case .resumed(let since): driver.value.journalResumed(since: since)
                }
            }
        }
        if let opening = await control.start(take) { take(.opened(opening)) }
    }

    /// Makes the parts that live on the link's loop. To be called there.
    private func assemble<EventJournal: Journal>(
        on loop: any EventLoop, _ started: Moment, _ journal: EventJournal, _ figures: SocketFigures
    ) -> Parts<EventJournal> {
        let table = SessionTable()
        let driver = DirectoryDriver(
            machine: DirectoryStateMachine(
                table: table, decoder: configuration.decoding.decoder, freshness: configuration.freshness,
                limits: configuration.limits
            ),
            loop: loop, journal: journal, logger: logger,
            reached: { [logger, configuration] in Self.tell($0, configuration, logger) }
        )
        let link = RedisLink(
            settings: LinkSettings(
                endpoint: configuration.endpoint, keyPattern: configuration.keyPattern,
                stalenessMax: configuration.freshness.stalenessMax,
                pingInterval: .milliseconds(configuration.pingInterval),
                timeout: .milliseconds(configuration.linkTimeout), mayConfigureRedis: configuration.mayConfigureRedis,
                comparisonInterval: .milliseconds(configuration.comparisonInterval),
                invalidation: configuration.invalidation
            ),
            consumer: driver, loop: loop, logger: logger
        )
        let publisher = configuration.stream.map { settings in
            StreamPublisher(
                settings, journal: journal, name: UUID().uuidString.lowercased(), loop: loop, logger: logger)
        }
        driver.fetch = { [unowned link] in link.fetch($0) }
        driver.rescan = { [unowned link] in link.rescan() }
        let bound = NIOLoopBound(driver, eventLoop: loop)
        let database = configuration.endpoint.database
        let keyCount = configuration.decoding.keyCount
        let limits = configuration.limits
        let socketLimits = OpenFileLimit.fitted(configuration.socketLimits, logger)
        let backend = SocketBackend(
            lookup: DirectoryService(table: table, freshness: configuration.freshness, driver: bound),
            log: journal, limits: socketLimits, policy: PeerPolicy(daemonUID: geteuid()), figures: figures,
            version: Self.version
        ) { completion in
            loop.execute {
                let now = SystemClock.now()
                let directory = bound.value.figures
                let report = StatusReport(
                    version: Self.version, uptimeMilliseconds: now.uptime - started.uptime, directory: directory,
                    stored: directory.storedForms.figures(keyCount: keyCount, at: now),
                    dataBytesMax: limits.dataBytesMax, isProven: table.isProven(at: now), database: database,
                    link: link.figures,
                    lookups: table.lookupCounts, journal: journal.figures, backlog: bound.value.backlog,
                    stream: publisher?.figures, clients: figures.values
                )
                completion(report.json)
            }
        }
        return Parts(driver: bound, link: link, publisher: publisher, backend: backend)
    }

    private static func tell(_ milestone: Milestone, _ configuration: DaemonConfiguration, _ logger: Logger) {
        switch milestone {
        case .live(let counts, let users, nil, let fault):
            Readiness.announce(
                "\(counts.authenticated) sessions of \(users) users, \(counts.anonymous) anonymous, at \(configuration.socketPath)"
            )
            if counts == SessionCounts() {
                logger.notice(
                    """
                    no key in Redis matches \(configuration.keyPattern): right if nobody has visited yet; else compare \
                    --key-pattern and the database with Django's settings (SESSION_REDIS 'prefix', \
                    SESSION_REDIS_PREFIX)
                    """
                )
            }
            warn(of: counts, fault, logger)
        case .live(let counts, let users, let gap?, _):
            logger.notice(
                "caught up with Redis after \(Double(gap) / 1000) s: \(counts.authenticated) sessions of \(users) users"
            )
        case .distrusted(let counts):
            logger.error(
                """
                most sessions fail their signature (\(counts.invalid) of \(counts.total)): the secret key is not the one \
                Django signs with. Compare --secret-key-file with Django's SECRET_KEY and SECRET_KEY_FALLBACKS, or give \
                your SessionStore's --salt. sessiond is not ready, and goes on when most sessions verify
                """
            )
        }
    }

    private static func warn(of counts: SessionCounts, _ fault: String?, _ logger: Logger) {
        if counts.invalid > 0 {
            logger.warning("\(counts.invalid) sessions fail their signature: an old key that is not in the key file?")
        }
        if counts.unreadable > 0 {
            let why = fault.map { "; one of them: \($0)" } ?? ", or are no strings"
            logger.warning("\(counts.unreadable) keys under the pattern cannot be decoded\(why)")
        }
    }
}
