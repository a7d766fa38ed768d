import AuditJournal
import Foundation
import HTTPService
import Listening
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
    /// How often `server.status` is gathered at most.
    private static let statusInterval = TimeAmount.milliseconds(50)

    private let configuration: DaemonConfiguration
    private let environment: [String: String]
    private let reload: @Sendable () throws -> DaemonConfiguration
    private let logger: Logger

    /// - Parameters:
    ///   - environment: what the service manager has told.
    ///   - load: reads the configuration; called once more on SIGHUP.
    package init(
        environment: [String: String], load: @escaping @Sendable () throws -> DaemonConfiguration
    ) throws {
        configuration = try load()
        self.environment = environment
        reload = load
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
        let sockets = try openSockets()
        let door = try openDoor(beside: sockets.map(\.socket))
        let places = sockets.map(\.socket.place).joined(separator: ", ")
        let linkLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let socketLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let linkLoop = linkLoops.next()
        let figures = SocketFigures()
        let parts = try await linkLoop.submit { [self] in assemble(on: linkLoop, started, journal, figures, places) }
            .get()
        await attach(control, to: parts.driver, on: linkLoop)
        var metadata: Logger.Metadata = [
            "socket": "\(places)", "redis": "\(configuration.endpoint)",
            "keys": "\(configuration.keyPattern)", "secret_keys": "\(configuration.decoding.keyCount)",
        ]
        if let door { metadata["http"] = "\(door.place)" }
        logger.info("sessiond \(Self.version) listens", metadata: metadata)
        if configuration.decoding.keyCount == 0 {
            logger.warning("sessions are not verified: anyone who can write to Redis can be anybody")
        }
        for warning in configuration.warnings { logger.warning("\(warning)") }
        // They stop in the opposite order: no client is left without answers.
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [.init(service: parts.link)]
        if let publisher = parts.publisher { services.append(.init(service: publisher)) }
        for (socket, access) in sockets {
            let server = SocketServer(
                socket: socket, access: access, backend: parts.backend, group: socketLoops, logger: logger)
            services.append(.init(service: server))
        }
        if let door, let backend = parts.http {
            let server = HTTPServer(socket: door, backend: backend, group: socketLoops, logger: logger)
            services.append(.init(service: server))
        }
        services.append(.init(service: await reloading(parts.driver, on: linkLoop, sockets)))
        let group = ServiceGroup(
            configuration: .init(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        Readiness.notify("STATUS=waits until all sessions are read from \(configuration.endpoint)")
        let watchdog = try await Watchdog.start(environment: environment, over: linkLoop, and: socketLoops.next())
        try await group.run()
        watchdog?.cancel()
        try await linkLoop.submit { parts.driver.value.end() }.get()
        await control.stop()
        Readiness.notify("STOPPING=1")
        try await socketLoops.shutdownGracefully()
        try await linkLoops.shutdownGracefully()
        StandardError.pin(nil)
        logger.info("stopped")
    }

    private func reloading<EventJournal: Journal>(
        _ driver: NIOLoopBound<DirectoryDriver<EventJournal>>, on loop: any EventLoop,
        _ sockets: [(socket: ListeningSocket, access: AccessControl)]
    ) async -> Reloading {
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        return Reloading(
            configuration: configuration, load: reload,
            sockets: zip(configuration.sockets.map(\.place), sockets).map { ($0, $1.socket, $1.access) },
            changeDecoding: { new, old in
                try? await loop.submit { driver.value.decodingChanged(to: new, from: old) }.get()
            }, hangups: hangups, logger: logger)
    }

    /// Opens the sockets that are wanted, and takes those that were passed.
    private func openSockets() throws(ListeningSocketError) -> [(socket: ListeningSocket, access: AccessControl)] {
        var sockets: [(ListeningSocket, AccessControl)] = []
        for wanted in configuration.sockets {
            let socket: ListeningSocket =
                switch wanted.place {
                case .passed(let passed): try .adopt(passed)
                case .file(let path, let mode, let group): try .bind(path: path, mode: mode, group: group)
                }
            sockets.append((socket, AccessControl(wanted.policy)))
        }
        return sockets
    }

    /// Opens the HTTP door, if one is wanted; where it cannot be opened, nothing stays of the sockets.
    private func openDoor(beside sockets: [ListeningSocket]) throws(HTTPDoorError) -> ListeningSocket? {
        do throws(HTTPDoorError) {
            return try configuration.http?.open()
        } catch {
            for socket in sockets { socket.removeFile() }
            throw error
        }
    }

    private struct Parts<EventJournal: Journal>: Sendable {
        var driver: NIOLoopBound<DirectoryDriver<EventJournal>>
        var link: RedisLink<DirectoryDriver<EventJournal>>
        var publisher: StreamPublisher<EventJournal>?
        var backend: SocketBackend
        var http: HTTPBackend?
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
        on loop: any EventLoop, _ started: Moment, _ journal: EventJournal, _ figures: SocketFigures, _ places: String
    ) -> Parts<EventJournal> {
        let table = SessionTable()
        let driver = DirectoryDriver(
            machine: DirectoryStateMachine(
                table: table, decoder: configuration.decoding.decoder, freshness: configuration.freshness,
                limits: configuration.limits
            ),
            keyCount: configuration.decoding.keyCount, loop: loop, journal: journal, logger: logger,
            reached: { [logger, configuration] in Self.tell($0, configuration, places, logger) }
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
        driver.fetchWhole = { [unowned link] in link.fetchWhole($0, completion: $1) }
        driver.delete = { [unowned link] in link.delete($0, completion: $1) }
        driver.listen = { [unowned link] in link.listen() }
        driver.rescan = { [unowned link] in link.rescan() }
        driver.continueScan = { [unowned link] in link.continueScan() }
        let progress = ProgressReport(
            on: loop, isOnTerminal: configuration.logFormat == .text && StandardError.isTerminal, logger: logger
        ) { [unowned driver] in driver.progress }
        driver.scanBegan = { progress.begin() }
        let bound = NIOLoopBound(driver, eventLoop: loop)
        let database = configuration.endpoint.database
        let limits = configuration.limits
        let socketLimits = OpenFileLimit.fitted(
            configuration.socketLimits, besides: configuration.http?.filesMax ?? 0, logger)
        let report: @Sendable () -> StatusReport = {
            let now = SystemClock.now()
            let directory = bound.value.figures
            return StatusReport(
                version: Self.version, uptimeMilliseconds: now.uptime - started.uptime, directory: directory,
                stored: directory.storedForms.figures(keyCount: bound.value.keyCount, at: now),
                dataBytesMax: limits.dataBytesMax, progress: bound.value.progress,
                isProven: table.isProven(at: now.uptime), database: database,
                link: link.figures,
                lookups: table.lookupCounts, journal: journal.figures, backlog: bound.value.backlog,
                stream: publisher?.figures, clients: figures.values
            )
        }
        let status = SharedReport(every: Self.statusInterval, on: loop) { report().json }
        let lookup = DirectoryService(
            table: table, freshness: configuration.freshness, mailbox: Mailbox(of: bound) { $0.turnEnded() })
        let backend = SocketBackend(
            lookup: lookup, log: journal, limits: socketLimits, figures: figures, version: Self.version,
            status: { status.ask($0) })
        let http = configuration.http.map { http in
            let numbers = SharedReport(every: Self.statusInterval, on: loop) { report().figures(since: started) }
            return HTTPBackend(
                lookup: lookup, log: journal, settings: http.settings, figures: HTTPFigures(),
                report: { numbers.ask($0) }, status: { status.ask($0) })
        }
        return Parts(driver: bound, link: link, publisher: publisher, backend: backend, http: http)
    }

    private static func tell(
        _ milestone: Milestone, _ configuration: DaemonConfiguration, _ places: String, _ logger: Logger
    ) {
        // Whatever is said now is said of what was read.
        StandardError.pin(nil)
        switch milestone {
        case .live(let counts, let users, nil, let fault):
            Readiness.announce(
                "\(counts.authenticated) sessions of \(users) users, \(counts.anonymous) anonymous, at \(places)"
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
