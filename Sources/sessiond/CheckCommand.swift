import ArgumentParser
import Daemon
import Doctor
import SessiondClient

/// `sessiond check`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Examines the configuration, the Redis that it names and the daemon, and says what to change.",
        // The options are those of another command, whose name would be in it.
        usage: "sessiond check [<options>]",
        discussion: """
            Takes all that `serve` takes, from the same places. Writes nothing to Redis: it reads, at most 200 values and 100,000 names \
            of keys, more of them only to find sessions that lie elsewhere, and tries what the Redis user may do. Prints no session key, no secret and no password.

            A line for each thing that was looked at: ok, note, warning or error; under it why it matters, and what mends it.

            Exits with 0 where there is no error (with --strict, no warning either), with 1 where there is one, and with 2 where Redis \
            could not be examined.

            Examples:
              sessiond check --redis-url redis://localhost:6379/0 --secret-key-file secret_key
              sudo sessiond check --config /etc/sessiond/sessiond.yaml --secret-key-file /etc/sessiond/secret-key
            """
    )

    @Flag(name: .customLong("json"), help: "Print one JSON object, for programs. Also $SESSIOND_JSON=true.")
    var isJSONAsked = false

    @Flag(help: "Exit with 1 for warnings, too. Also $SESSIOND_STRICT=true.")
    var strict = false

    @OptionGroup var serve: ServeCommand

    func run() async throws {
        let environment = ProcessSetup.prepare()
        let isJSON = isJSONAsked || EnvironmentFlag.isSet("SESSIOND_JSON", in: environment)
        var report = CheckReport(printsAtOnce: !isJSON)
        if let configuration = load(environment, &report) {
            report.configuration = configuration
            report.isExamined = await Doctor(settings(configuration)).examine { report.add($0) }
        }
        if isJSON { Terminal.print(json: report.json) } else { Terminal.print(report.summary) }
        let isStrict = strict || EnvironmentFlag.isSet("SESSIOND_STRICT", in: environment)
        let status = report.exitStatus(isStrict: isStrict)
        if status != 0 { throw ExitCode(status) }
    }

    /// Reads the configuration; nil where it is of no use.
    private func load(_ environment: [String: String], _ report: inout CheckReport) -> DaemonConfiguration? {
        let file = serve.decoder.config ?? environment["SESSIOND_CONFIG"]
        let load = { (more: [ServeOption: [String]]) throws(ConfigurationError) in
            try DaemonConfiguration.load(
                flags: serve.flags.merging(more) { $1 }, environment: environment, file: file, for: .examining)
        }
        do {
            let configuration: DaemonConfiguration
            do {
                configuration = try load([:])
                report.add(ConfigurationFindings.read(configuration, file: file))
            } catch ConfigurationError.noSecretKey {
                // All else can be looked at without.
                report.add(ConfigurationFindings.withoutKey)
                configuration = try load([.noVerify: ["true"]])
            }
            for warning in configuration.warnings { report.add(ConfigurationFindings.doubtful(warning)) }
            return configuration
        } catch {
            report.add(ConfigurationFindings.wrong("\(error)"))
            return nil
        }
    }

    private func settings(_ configuration: DaemonConfiguration) -> DoctorSettings {
        var paths = configuration.sockets.compactMap { socket -> String? in
            if case .file(let path, _, _) = socket.place { path } else { nil }
        }
        if !configuration.isGiven(.socket) { paths.insert(SessiondConnection.defaultPath, at: 0) }
        return DoctorSettings(
            endpoint: configuration.endpoint, keyPattern: configuration.keyPattern,
            decoder: configuration.decoding.decoder, keyCount: configuration.decoding.keyCount,
            isOfCache: configuration.decoding.isOfCache, invalidation: configuration.invalidation,
            mayConfigureRedis: configuration.mayConfigureRedis, timeout: configuration.linkTimeout,
            socketPaths: paths)
    }
}

/// What is found of the configuration itself.
private enum ConfigurationFindings {
    static func read(_ configuration: DaemonConfiguration, file: String?) -> Finding {
        let place = file.map { " of \($0), the environment and the command line" } ?? ""
        let keys = configuration.decoding.keyCount
        let vouching = keys == 0 ? "no secret key vouches for values" : Words.count(keys, "secret key")
        return Finding(
            .ok, .configurationRead,
            "the options\(place) make sense: sessions at \(configuration.endpoint), as \(configuration.keyPattern); \(vouching)"
        )
    }

    static var withoutKey: Finding {
        Finding(
            .error, .configurationWithoutKey, "there is no secret key",
            why: "sessions cannot be verified, and `sessiond serve` does not start",
            mend: [
                "--secret-key-file FILE (first line Django's SECRET_KEY, further lines SECRET_KEY_FALLBACKS), or SESSIOND_SECRET_KEY",
                "--encoding cache, if Django keeps sessions in a cache, where none is signed",
            ])
    }

    static func doubtful(_ warning: String) -> Finding { Finding(.warning, .configurationDoubtful, warning) }

    static func wrong(_ problem: String) -> Finding {
        Finding(
            .error, .configurationWrong, problem, why: "`sessiond serve` does not start with it",
            mend: ["sessiond serve --help    # what each option takes"])
    }
}
