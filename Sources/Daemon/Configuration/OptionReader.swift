import Configuration

/// Reads options from flags, the environment and the configuration file: a flag beats the environment, which beats the
/// file.
struct OptionReader {
    private let reader: ConfigReader
    private let file: ConfigurationFile?
    /// What the service manager hands over.
    let credentials: ServiceCredentials

    /// - Parameters:
    ///   - flags: what was given on the command line.
    ///   - file: a YAML or JSON file (JSON is YAML, too).
    init(flags: [ServeOption: [String]], environment: [String: String], file: String?) throws(ConfigurationError) {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (option, texts) in flags {
            let content: ConfigContent = option == .salt ? .stringArray(texts) : .string(texts.last ?? "")
            values[AbsoluteConfigKey([option.rawValue])] = ConfigValue(content, isSecret: false)
        }
        var providers: [any ConfigProvider] = [
            InMemoryProvider(name: "command line", values: values),
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "sessiond"),
        ]
        self.file = try file.map { path throws(ConfigurationError) in try ConfigurationFile(path) }
        if let file = self.file { providers.append(InMemoryProvider(name: "configuration file", values: file.values)) }
        reader = ConfigReader(providers: providers)
        credentials = ServiceCredentials(environment: environment)
    }

    /// An option's text; nil where nobody gave it.
    func text(_ option: ServeOption) -> String? {
        reader.string(forKey: ConfigKey([option.rawValue]), isSecret: option == .redisURL)
    }

    func texts(_ option: ServeOption) -> [String]? {
        reader.stringArray(forKey: ConfigKey([option.rawValue]))
    }

    /// What each option is given as, good for comparing within this process.
    var hashes: [ServeOption: Int] {
        var hashes: [ServeOption: Int] = [:]
        for option in ServeOption.allCases {
            hashes[option] = option == .salt ? texts(option)?.hashValue : text(option)?.hashValue
        }
        return hashes
    }

    /// Words with commas between them.
    func words(_ option: ServeOption) -> [String]? {
        text(option).map(ConfigurationEntry.words)
    }

    /// A table of the configuration file.
    func entries(of table: ConfigurationFile.Table) throws(ConfigurationError) -> [ConfigurationEntry] {
        try file?.entries(of: table) ?? []
    }

    /// A secret that has no flag, since arguments show in `ps`: only the environment has it.
    func secret(_ name: String) -> String? {
        reader.string(forKey: ConfigKey([name]), isSecret: true)
    }

    func flag(_ option: ServeOption) throws(ConfigurationError) -> Bool {
        switch text(option)?.lowercased() {
        case nil, "false", "no", "0", "off": false
        case "true", "yes", "1", "on": true
        default: throw .badValue(option: option, problem: "expected true or false")
        }
    }

    /// A number of seconds, as milliseconds.
    func milliseconds(
        _ option: ServeOption, default standard: Double, in range: ClosedRange<Double>
    ) throws(ConfigurationError) -> Int64 {
        guard let text = text(option) else { return Int64(standard * 1000) }
        guard let seconds = Double(text), range.contains(seconds) else {
            throw .badValue(
                option: option, problem: "expected seconds between \(range.lowerBound) and \(range.upperBound)"
            )
        }
        return Int64((seconds * 1000).rounded())
    }

    /// A number.
    func number(
        _ option: ServeOption, default standard: Double, in range: ClosedRange<Double>
    ) throws(ConfigurationError) -> Double {
        guard let text = text(option) else { return standard }
        guard let number = Double(text), range.contains(number) else {
            throw .badValue(
                option: option, problem: "expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A whole number.
    func integer(
        _ option: ServeOption, default standard: Int, in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        guard let text = text(option) else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw .badValue(
                option: option, problem: "expected a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ option: ServeOption, default standard: Choice
    ) throws(ConfigurationError) -> Choice {
        guard let text = text(option) else { return standard }
        guard let choice = Choice(rawValue: text) else {
            throw .badValue(
                option: option, problem: "expected \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }
}
