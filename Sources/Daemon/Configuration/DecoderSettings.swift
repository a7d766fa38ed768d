package import DjangoSession

/// How stored values are to be decoded: the options that `serve` and `decode` share.
package struct DecoderSettings: Sendable {
    package var decoder: SessionDecoder
    /// How many secret keys there are that vouch for values; 0 without verification, and for values of a cache.
    package var keyCount: Int
    /// Whether values are those of a cache: `--encoding cache`.
    package let isOfCache: Bool
    /// The keys, to find them again among others.
    private var keys: [SecretKey]
    /// Whether the keys are a copy that the service manager made at the start: a reload finds the same ones.
    let areKeysCopied: Bool

    init(_ options: OptionReader) throws(ConfigurationError) {
        let encoding = try Self.choice(.encoding, of: Encoding.allCases, options) ?? .signed
        let serializer = try Self.choice(.serializer, of: DecodedSession.Serializer.allCases, or: "auto", options)
        let compressor = try Self.choice(.compressor, of: DecodedSession.Compression.allCases, or: "auto", options)
        let django = try Self.django(options)
        let (keys, areCopied) = try Self.keys(options)
        let isUnverified = try options.flag(.noVerify)
        isOfCache = encoding == .cache
        switch encoding {
        case .signed:
            guard [nil, DecodedSession.Compression.none, .zlib].contains(compressor) else {
                throw .conflict(
                    "--compressor is for --encoding cache: a signed value is compressed by zlib or not at all"
                )
            }
            guard isUnverified || !keys.isEmpty else { throw .noSecretKey }
            guard !isUnverified || keys.isEmpty else {
                throw .conflict("--no-verify and a secret key exclude each other: remove one of them")
            }
            decoder = SessionDecoder(
                verification: isUnverified ? .none : .keys(keys), salts: options.texts(.salt), serializer: serializer,
                django: django
            )
            keyCount = keys.count
            self.keys = keys
            areKeysCopied = areCopied
        case .cache:
            // Values of a cache are not signed, so keys that are given for other reasons vouch for nothing.
            decoder = SessionDecoder(cacheSerializer: serializer, compressor: compressor, django: django)
            keyCount = 0
            self.keys = []
            areKeysCopied = false
        }
    }

    /// Where the keys of other settings stand among these; none for those that are not among them.
    func indices(of other: DecoderSettings) -> [Int: Int] {
        var indices: [Int: Int] = [:]
        for (index, key) in other.keys.enumerated() { indices[index] = keys.firstIndex(of: key) }
        return indices
    }

    /// Whether these are the keys of other settings, in the same order.
    func hasKeys(of other: DecoderSettings) -> Bool { keys == other.keys }

    /// How values lie in Redis.
    private enum Encoding: String, CaseIterable {
        case signed, cache
    }

    /// What an option names among its choices; nil where it is not given, or is the word that leaves the choice open.
    private static func choice<Choice: RawRepresentable<String>>(
        _ option: ServeOption, of choices: [Choice], or open: String? = nil, _ options: OptionReader
    ) throws(ConfigurationError) -> Choice? {
        guard let text = options.text(option), text != open else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let names = ([open].compactMap { $0 } + choices.map(\.rawValue)).joined(separator: ", ")
            throw .badValue(option: option, problem: "must be one of \(names)")
        }
        return choice
    }

    private static func django(_ options: OptionReader) throws(ConfigurationError) -> DjangoVersion? {
        guard let text = options.text(.django), text != "any" else { return nil }
        guard let version = DjangoVersion(text) else {
            let oldest = DjangoVersion.all.first?.description ?? ""
            let newest = DjangoVersion.all.last?.description ?? ""
            throw .badValue(
                option: .django, problem: "must be any, or a version of Django from \(oldest) to \(newest), such as 4.2"
            )
        }
        return version
    }

    private static func keys(
        _ options: OptionReader
    ) throws(ConfigurationError) -> (keys: [SecretKey], areCopied: Bool) {
        if let path = options.text(.secretKeyFile) {
            let keys = SecretKey.lines(of: try FileContent.bytes(of: path, option: "secret-key-file"))
            guard !keys.isEmpty else { throw .badValue(option: .secretKeyFile, problem: "\(path) holds no key") }
            return (keys, false)
        }
        let texts = [options.secret("secret-key"), options.secret("secret-key-fallbacks")].compactMap { $0 }
        let keys = SecretKey.lines(of: Array(texts.joined(separator: "\n").utf8))
        guard keys.isEmpty, let credential = try options.credentials.content(.secretKey) else {
            return (keys, false)
        }
        return (SecretKey.lines(of: credential.bytes), true)
    }

    /// Reads the options that `decode` takes.
    package static func load(
        flags: [ServeOption: [String]], environment: [String: String], file: String?
    ) throws(ConfigurationError) -> DecoderSettings {
        try DecoderSettings(OptionReader(flags: flags, environment: environment, file: file))
    }
}
