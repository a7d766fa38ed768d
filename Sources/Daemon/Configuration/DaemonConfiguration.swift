import Foundation
import Listening
package import Logging
import NIOCore
package import RedisTransport
package import SessionModel
import SocketService

/// All that `sessiond serve` is told, checked: the one place where options become values.
package struct DaemonConfiguration: Sendable {
    package var decoding: DecoderSettings
    package var endpoint: RedisEndpoint
    /// What is allowed and yet is to be said at the start.
    package var warnings: [String]
    package var keyPattern: KeyPattern
    package var journal: JournalConfiguration
    package var stream: StreamSettings?
    /// The sockets, and who may do what at each.
    package var sockets: [SocketConfiguration]
    /// Nil where nothing is served over HTTP.
    package var http: HTTPConfiguration?
    package var freshness: Freshness
    package var limits: DirectoryLimits
    /// What clients of the socket may cost.
    package var socketLimits: Limits
    /// Milliseconds.
    package var pingInterval: Int64
    /// Milliseconds.
    package var linkTimeout: Int64
    package var mayConfigureRedis: Bool
    package var invalidation: InvalidationPreference
    /// Milliseconds; 0 for never.
    package var comparisonInterval: Int64
    package var logFormat: LogFormat
    package var logLevel: Logger.Level
    /// What each option was given as, hashed, since one can hold a password.
    private var given: [ServeOption: Int]

    package enum LogFormat: String, CaseIterable, Sendable {
        case text, json
    }

    /// Reads and checks the options.
    ///
    /// - Parameters:
    ///   - flags: what was given on the command line.
    ///   - file: `--config`.
    package static func load(
        flags: [ServeOption: [String]], environment: [String: String], file: String?,
        for purpose: ConfigurationPurpose = .serving
    ) throws(ConfigurationError) -> DaemonConfiguration {
        let options = try OptionReader(flags: flags, environment: environment, file: file)
        let freshness = Freshness(
            stalenessMax: try options.milliseconds(.maxStaleness, default: 1, in: 0.05...3600),
            serveStale: try options.milliseconds(.serveStale, default: 0, in: 0...86_400)
        )
        let linkTimeout = try options.milliseconds(.linkTimeout, default: 5, in: 0.1...3600)
        var endpoint = try endpoint(options)
        let tls = try TLSOptions(options, endpoint.tls)
        endpoint.tls = tls.settings
        let pattern = try keyPattern(options)
        let passedSockets = try passedSockets(environment)
        let sockets = try SocketConfiguration.all(
            options, passed: passedSockets,
            mainPath: try socketPath(options, environment, isNeeded: passedSockets.isEmpty && purpose == .serving),
            for: purpose)
        let socketLimits = try Limits(options)
        let http = try HTTPConfiguration(options, socketLimits)
        return DaemonConfiguration(
            decoding: try DecoderSettings(options),
            endpoint: endpoint,
            warnings: tls.warnings + SocketConfiguration.warnings(of: sockets) + (http?.warnings ?? [])
                + (purpose == .examining ? secretWarnings(options, endpoint) : []),
            keyPattern: pattern,
            journal: try JournalConfiguration(options, environment, for: purpose),
            stream: try stream(options, endpoint, pattern, timeout: .milliseconds(linkTimeout)),
            sockets: sockets,
            http: http,
            freshness: freshness,
            limits: try DirectoryLimits(options, linkTimeout: linkTimeout),
            socketLimits: socketLimits,
            pingInterval: try options.milliseconds(.pingInterval, default: 1, in: 0.05...60),
            linkTimeout: linkTimeout,
            mayConfigureRedis: try !options.flag(.noConfigureRedis),
            invalidation: try options.choice(.invalidation, default: .auto),
            comparisonInterval: try options.milliseconds(.compareInterval, default: 600, in: 0...86_400),
            logFormat: try options.choice(.logFormat, default: .text),
            logLevel: try options.choice(.logLevel, default: .info),
            given: options.hashes
        )
    }

    /// Whether somebody gave the option, on the command line, in the environment or in the file.
    package func isGiven(_ option: ServeOption) -> Bool { given[option] != nil }

    /// The options that are given otherwise than there.
    func changes(since other: DaemonConfiguration) -> Set<ServeOption> {
        Set(ServeOption.allCases.filter { given[$0] != other.given[$0] })
    }

    /// Takes over what a reload changes.
    mutating func take(_ new: DaemonConfiguration) {
        decoding = new.decoding
        given = new.given
        // Compared with the next ones alone.
        sockets = new.sockets
        endpoint = new.endpoint
        warnings = new.warnings
    }

    private static func endpoint(_ options: OptionReader) throws(ConfigurationError) -> RedisEndpoint {
        let (url, option) = try redisURL(options)
        do throws(RedisURLError) {
            return try RedisEndpoint(url: url)
        } catch {
            throw .badValue(option: option, problem: "\(error)")
        }
    }

    /// What is to be said of files with secrets that others may read.
    private static func secretWarnings(_ options: OptionReader, _ endpoint: RedisEndpoint) -> [String] {
        let files = [
            (options.text(.secretKeyFile), "Django's secret key"),
            (endpoint.password == nil ? nil : options.text(.redisURLFile), "the password of Redis"),
        ]
        return files.compactMap { path, what in
            guard let path, let mode = FileContent.modeIfOpenToOthers(path) else { return nil }
            return "\(path) holds \(what), and others may read it (mode \(mode)): run chmod 600 on it"
        }
    }

    /// The URL, and which option it is from.
    private static func redisURL(_ options: OptionReader) throws(ConfigurationError) -> (String, ServeOption) {
        let (url, file) = (options.text(.redisURL), options.text(.redisURLFile))
        switch (url, file) {
        case (.some, .some):
            throw .conflict("--redis-url and --redis-url-file exclude each other: remove one of them")
        case (let url?, nil): return (url, .redisURL)
        case (nil, let path?):
            return (line(of: try FileContent.bytes(of: path, option: ServeOption.redisURLFile.rawValue)), .redisURLFile)
        case (nil, nil):
            guard let credential = try options.credentials.content(.redisURL) else {
                return ("redis://localhost:6379/0", .redisURL)
            }
            return (line(of: credential.bytes), .redisURLFile)
        }
    }

    private static func line(of content: [UInt8]) -> String {
        String(decoding: content, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func stream(
        _ options: OptionReader, _ endpoint: RedisEndpoint, _ pattern: KeyPattern, timeout: TimeAmount
    ) throws(ConfigurationError) -> StreamSettings? {
        let length = try options.integer(.publishStreamLength, default: 100_000, in: 1...1_000_000_000)
        guard let name = options.text(.publishStream) else { return nil }
        guard !name.isEmpty, pattern.sessionKey(of: Array(name.utf8)[...]) == nil else {
            throw .badValue(option: .publishStream, problem: "a key under the pattern of the sessions, or no name")
        }
        return StreamSettings(name: name, lengthMax: length, endpoint: endpoint, timeout: timeout)
    }

    private static func keyPattern(_ options: OptionReader) throws(ConfigurationError) -> KeyPattern {
        guard let text = options.text(.keyPattern) else { return .default }
        guard let pattern = KeyPattern(text) else {
            throw .badValue(option: .keyPattern, problem: "\(KeyPattern.placeholder) must stand in it exactly once")
        }
        return pattern
    }

    private static func passedSockets(
        _ environment: [String: String]
    ) throws(ConfigurationError) -> [PassedSocket] {
        do throws(PassedSocketError) {
            return try PassedSocket.all(environment: environment, pid: getpid())
        } catch {
            throw .environment("\(error)")
        }
    }

    private static func socketPath(
        _ options: OptionReader, _ environment: [String: String], isNeeded: Bool
    ) throws(ConfigurationError) -> String? {
        if let path = options.text(.socket) { return path }
        guard isNeeded else { return nil }
        let candidates = SocketPath.candidates(environment: environment)
        for path in candidates {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            if FileManager.default.isWritableFile(atPath: folder.path) { return path }
        }
        throw .badValue(
            option: .socket, problem: "none of \(candidates.joined(separator: ", ")) can be written to: give a path"
        )
    }
}
