package import DjangoSession

/// How stored values are to be decoded: the options that `serve` and `decode` share.
package struct DecoderSettings: Sendable {
    package var decoder: SessionDecoder
    /// How many secret keys there are; 0 without verification.
    package var keyCount: Int

    init(_ options: OptionReader) throws(ConfigurationError) {
        for (option, known) in Self.laterChoices {
            guard let text = options.text(option), text != known else { continue }
            throw .badValue(option: option, problem: "only \(known) is supported so far")
        }
        let keys = try Self.keys(options)
        keyCount = keys.count
        let isUnverified = try options.flag(.noVerify)
        guard isUnverified || !keys.isEmpty else { throw .noSecretKey }
        guard !isUnverified || keys.isEmpty else {
            throw .conflict("--no-verify and a secret key exclude each other: remove one of them")
        }
        decoder = SessionDecoder(verification: isUnverified ? .none : .keys(keys), salts: options.texts(.salt))
    }

    /// Options of which the decoder knows one choice so far, and that choice.
    private static let laterChoices: [(ServeOption, String)] = [
        (.encoding, "signed"), (.django, "any"), (.serializer, "auto"), (.compressor, "auto"),
    ]

    private static func keys(_ options: OptionReader) throws(ConfigurationError) -> [SecretKey] {
        if let path = options.text(.secretKeyFile) {
            let keys = SecretKey.lines(of: try FileContent.bytes(of: path, option: "secret-key-file"))
            guard !keys.isEmpty else { throw .badValue(option: .secretKeyFile, problem: "\(path) holds no key") }
            return keys
        }
        let texts = [options.secret("secret-key"), options.secret("secret-key-fallbacks")].compactMap { $0 }
        return SecretKey.lines(of: Array(texts.joined(separator: "\n").utf8))
    }

    /// Reads the options that `decode` takes.
    package static func load(
        flags: [ServeOption: [String]], environment: [String: String], file: String?
    ) async throws(ConfigurationError) -> DecoderSettings {
        try DecoderSettings(try await OptionReader(flags: flags, environment: environment, file: file))
    }
}
