import ArgumentParser
import Daemon

/// How to talk to Redis by TLS, where the Redis URL begins with `rediss://`.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Whose certificates to trust, in PEM form (default: those that the system trusts).",
            discussion: """
                These files are for Redis URLs that begin with rediss://. They are read again for every new connection, so a \
                renewed certificate needs no restart.
                """,
            valueName: "file"
        ), completion: .file())
    var redisCaFile: String?

    @Option(
        help: ArgumentHelp(
            "The certificate to show to Redis, in PEM form, with those between it and its authority.", valueName: "file"
        ), completion: .file())
    var redisCertificateFile: String?

    @Option(
        help: ArgumentHelp(
            "The private key of that certificate, in PEM form (default: it stands in the file of the certificate).",
            valueName: "file"), completion: .file())
    var redisKeyFile: String?

    @Option(
        help: ArgumentHelp(
            "The DNS name that the certificate of Redis must have (default: the host of the Redis URL).",
            valueName: "name")
    )
    var redisServerName: String?

    @Flag(help: "Do not verify the certificate of Redis: for trying out, not for use.")
    var redisInsecure = false

    /// What was given, by option.
    var flags: [(ServeOption, String?)] {
        [
            (.redisCAFile, redisCaFile), (.redisCertificateFile, redisCertificateFile), (.redisKeyFile, redisKeyFile),
            (.redisServerName, redisServerName), (.redisInsecure, redisInsecure ? "true" : nil),
        ]
    }
}
