import ArgumentParser
import Daemon

/// The options that tell how stored values are read; `serve`, `check` and `decode` share them.
struct DecoderOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Django's secret keys.",
            discussion: """
                First line SECRET_KEY, further lines SECRET_KEY_FALLBACKS; empty lines count for nothing. Instead, \
                $SESSIOND_SECRET_KEY and, a line each, $SESSIOND_SECRET_KEY_FALLBACKS; or the credential `secret-key` of a \
                systemd unit.
                """,
            valueName: "file"
        ), completion: .file())
    var secretKeyFile: String?

    @Flag(help: "Decode without a key. Anyone who can write to Redis can then be anybody.")
    var noVerify = false

    @Option(
        help: ArgumentHelp(
            "How values are stored: signed (the default), or cache for sessions in Django's cache.",
            discussion: """
                Values of a cache are not signed, and no key vouches for them: whoever can write to that Redis can be \
                anybody, in Django as here.
                """,
            valueName: "encoding"
        ), completion: .list(["signed", "cache"]))
    var encoding: String?

    @Option(
        help: ArgumentHelp(
            "Which Django's rules hold: a version such as 4.2, or any, the default: what at least one reads.",
            valueName: "version"
        )
    )
    var django: String?

    @Option(
        help: ArgumentHelp("Which serializer wrote them: auto, json, pickle or msgpack.", valueName: "name"),
        completion: .list(["auto", "json", "pickle", "msgpack"]))
    var serializer: String?

    @Option(
        help: ArgumentHelp(
            "Which compressor django-redis uses: auto, none, zlib, gzip, lzma, lz4 or zstd.", valueName: "name"
        ), completion: .list(["auto", "none", "zlib", "gzip", "lzma", "lz4", "zstd"]))
    var compressor: String?

    @Option(
        help: ArgumentHelp(
            "The literal salt, of a project with a SessionStore class of its own; replaces the defaults. May be repeated.",
            valueName: "salt"
        )
    )
    var salt: [String] = []

    @Option(
        help: ArgumentHelp("A YAML or JSON file with options by their names.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var config: String?

    /// What was given, by option.
    var flags: [ServeOption: [String]] {
        var flags: [ServeOption: [String]] = [:]
        flags[.secretKeyFile] = secretKeyFile.map { [$0] }
        flags[.noVerify] = noVerify ? ["true"] : nil
        flags[.encoding] = encoding.map { [$0] }
        flags[.django] = django.map { [$0] }
        flags[.serializer] = serializer.map { [$0] }
        flags[.compressor] = compressor.map { [$0] }
        flags[.salt] = salt.isEmpty ? nil : salt
        return flags
    }
}
