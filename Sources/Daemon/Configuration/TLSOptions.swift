import Foundation
import RedisTransport

/// What the options say of TLS to Redis, put together with what the Redis URL says of it.
struct TLSOptions {
    private(set) var settings: TLSSettings?
    /// What the daemon is to say at the start.
    private(set) var warnings: [String] = []

    private static let all: [ServeOption] = [
        .redisCAFile, .redisCertificateFile, .redisKeyFile, .redisServerName, .redisInsecure,
    ]

    /// - Parameter ofURL: the URL's settings; nil where its scheme is not `rediss`.
    init(_ options: OptionReader, _ ofURL: TLSSettings?) throws(ConfigurationError) {
        let isInsecure = try options.flag(.redisInsecure)
        guard var settings = ofURL else {
            let given = Self.all.first { $0 == .redisInsecure ? isInsecure : options.text($0) != nil }
            guard let given else { return }
            throw .conflict(
                "--\(given.rawValue) is for TLS, which the Redis URL does not ask for: write rediss:// in it, or leave the option out"
            )
        }
        settings.caFile = try Self.one(of: options.text(.redisCAFile), .redisCAFile, settings.caFile, "ssl_ca_certs")
        settings.certificateFile = try Self.one(
            of: options.text(.redisCertificateFile), .redisCertificateFile, settings.certificateFile, "ssl_certfile")
        settings.keyFile = try Self.one(of: options.text(.redisKeyFile), .redisKeyFile, settings.keyFile, "ssl_keyfile")
        settings.serverName = options.text(.redisServerName)
        if isInsecure {
            guard settings.verifies != true else {
                throw .conflict(
                    "--redis-insecure and ssl_cert_reqs=required in the Redis URL contradict each other: remove one of them"
                )
            }
            settings.verifies = false
        }
        try Self.check(settings)
        self.settings = settings
        warnings = Self.warnings(of: settings)
    }

    private static func one(
        of text: String?, _ option: ServeOption, _ ofURL: String?, _ word: String
    ) throws(ConfigurationError) -> String? {
        guard text == nil || ofURL == nil else {
            throw .conflict(
                "--\(option.rawValue) and \(word) in the Redis URL are the same setting: remove one of them")
        }
        return text ?? ofURL
    }

    private static func check(_ settings: TLSSettings) throws(ConfigurationError) {
        guard settings.keyFile == nil || settings.certificateFile != nil else {
            throw .conflict("--redis-key-file is the key of --redis-certificate-file: give that, too")
        }
        guard settings.isVerified || settings.caFile == nil else {
            throw .conflict(
                "--redis-insecure (ssl_cert_reqs=none) trusts any certificate, and --redis-ca-file says which to trust: remove one of them"
            )
        }
        if let name = settings.serverName {
            guard case .dns = ServerName(name), ServerName(name).isPossible else {
                throw .badValue(
                    option: .redisServerName,
                    problem: "expected a DNS name such as redis.example; an address belongs into the Redis URL")
            }
        }
        do throws(TLSFileError) {
            _ = try TLSFiles(settings).context(settings)
        } catch {
            throw .unusableTLSFile(error)
        }
    }

    private static func warnings(of settings: TLSSettings) -> [String] {
        var warnings: [String] = []
        if !settings.isVerified {
            warnings.append(
                """
                the certificate of Redis is not verified (--redis-insecure, or ssl_cert_reqs=none in the Redis URL): whoever is between here and Redis can read and \
                change everything, the password included
                """)
        }
        if let path = settings.keyFile ?? settings.certificateFile, let mode = FileContent.modeIfOpenToOthers(path) {
            warnings.append(
                "\(path) holds a private key, and others may read it (mode \(mode)): run chmod 600 on it")
        }
        return warnings
    }
}
