import ArgumentParser
import Daemon

/// `sessiond serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "The daemon: follows Redis and serves the socket.",
        discussion: """
            Stays in the foreground and logs to standard error; prints a line that begins with `ready` there when it answers \
            from a warm cache. SIGTERM and SIGINT stop it.

            Every option can also be given in the environment (--redis-url as $SESSIOND_REDIS_URL) and in the file that \
            --config names (as `redis-url: …`). A flag beats the environment, which beats the file.

            Example:
              sessiond serve --redis-url unix:///run/redis/redis.sock?db=0 --secret-key-file /etc/sessiond/secret-key
            """
    )

    @OptionGroup var options: ServeOptions

    func run() async throws {
        let environment = ProcessSetup.prepare()
        do {
            let (flags, file) = (options.flags, options.decoder.config ?? environment["SESSIOND_CONFIG"])
            try await SessionDaemon(environment: environment) {
                try DaemonConfiguration.load(flags: flags, environment: environment, file: file)
            }
            .run()
        } catch {
            Terminal.tell("sessiond: \(error)")
            throw ExitCode(error is ConfigurationError ? 64 : 1)
        }
    }
}
