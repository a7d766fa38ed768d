import Foundation
package import Logging
import NIOCore
package import RedisTransport
package import SessionModel

/// All that `sessiond serve` is told, checked: the one place where options become values.
package struct DaemonConfiguration: Sendable {
    package var decoding: DecoderSettings
    package var endpoint: RedisEndpoint
    package var keyPattern: KeyPattern
    package var journal: JournalConfiguration
    package var stream: StreamSettings?
    package var socketPath: String
    package var socketMode: UInt32
    package var socketGroup: UInt32?
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

    package enum LogFormat: String, CaseIterable, Sendable {
        case text, json
    }

    /// Reads and checks the options.
    ///
    /// - Parameters:
    ///   - flags: what was given on the command line.
    ///   - file: `--config`.
    package static func load(
        flags: [ServeOption: [String]], environment: [String: String], file: String?
    ) async throws(ConfigurationError) -> DaemonConfiguration {
        let options = try await OptionReader(flags: flags, environment: environment, file: file)
        let freshness = Freshness(
            stalenessMax: try options.milliseconds(.maxStaleness, default: 1, in: 0.05...3600),
            serveStale: try options.milliseconds(.serveStale, default: 0, in: 0...86_400)
        )
        let linkTimeout = try options.milliseconds(.linkTimeout, default: 5, in: 0.1...3600)
        let (endpoint, pattern) = (try endpoint(options), try keyPattern(options))
        return DaemonConfiguration(
            decoding: try DecoderSettings(options),
            endpoint: endpoint,
            keyPattern: pattern,
            journal: try JournalConfiguration(options, environment),
            stream: try stream(options, endpoint, pattern, timeout: .milliseconds(linkTimeout)),
            socketPath: try socketPath(options, environment),
            socketMode: try socketMode(options),
            socketGroup: try socketGroup(options),
            freshness: freshness,
            limits: try DirectoryLimits(options),
            socketLimits: try Limits(options),
            pingInterval: try options.milliseconds(.pingInterval, default: 1, in: 0.05...60),
            linkTimeout: linkTimeout,
            mayConfigureRedis: try !options.flag(.noConfigureRedis),
            invalidation: try options.choice(.invalidation, default: .auto),
            comparisonInterval: try options.milliseconds(.compareInterval, default: 600, in: 0...86_400),
            logFormat: try options.choice(.logFormat, default: .text),
            logLevel: try options.choice(.logLevel, default: .info)
        )
    }

    private static func endpoint(_ options: OptionReader) throws(ConfigurationError) -> RedisEndpoint {
        var url = options.text(.redisURL) ?? "redis://localhost:6379/0"
        var option = ServeOption.redisURL
        if let path = options.text(.redisURLFile) {
            guard options.text(.redisURL) == nil else {
                throw .conflict("--redis-url and --redis-url-file exclude each other: remove one of them")
            }
            option = .redisURLFile
            let content = String(decoding: try FileContent.bytes(of: path, option: option.rawValue), as: UTF8.self)
            url = content.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        do throws(RedisURLError) {
            return try RedisEndpoint(url: url)
        } catch {
            throw .badValue(option: option, problem: "\(error)")
        }
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

    private static func socketPath(
        _ options: OptionReader, _ environment: [String: String]
    ) throws(ConfigurationError) -> String {
        if let path = options.text(.socket) { return path }
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

    private static func socketMode(_ options: OptionReader) throws(ConfigurationError) -> UInt32 {
        guard let text = options.text(.socketMode) else { return 0o660 }
        guard let mode = UInt32(text, radix: 8), mode <= 0o777 else {
            throw .badValue(option: .socketMode, problem: "expected octal permissions such as 0660")
        }
        return mode
    }

    private static func socketGroup(_ options: OptionReader) throws(ConfigurationError) -> UInt32? {
        guard let name = options.text(.socketGroup) else { return nil }
        if let number = UInt32(name) { return number }
        guard let group = getgrnam(name) else {
            throw .badValue(option: .socketGroup, problem: "there is no group \(name)")
        }
        return group.pointee.gr_gid
    }
}
