import Configuration
import SystemPackage
import Yams

/// Reads options from flags, the environment and the configuration file: a flag beats the environment, which beats the
/// file.
struct OptionReader {
    private let reader: ConfigReader
    /// What the service manager hands over.
    let credentials: ServiceCredentials

    /// - Parameters:
    ///   - flags: what was given on the command line.
    ///   - file: a YAML or JSON file (JSON is YAML, too).
    init(flags: [ServeOption: [String]], environment: [String: String], file: String?) async throws(ConfigurationError)
    {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (option, texts) in flags {
            let content: ConfigContent = option == .salt ? .stringArray(texts) : .string(texts.last ?? "")
            values[AbsoluteConfigKey([option.rawValue])] = ConfigValue(content, isSecret: false)
        }
        var providers: [any ConfigProvider] = [
            InMemoryProvider(name: "command line", values: values),
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "sessiond"),
        ]
        // A file in which every line is a comment says nothing, and is no mistake.
        if let file, try Self.checkNames(file) > 0 {
            do {
                providers.append(try await FileProvider<YAMLSnapshot>(filePath: FilePath(file)))
            } catch {
                throw .unreadableFile(
                    option: "config", path: file, problem: "its values are no texts, numbers or lists")
            }
        }
        reader = ConfigReader(providers: providers)
        credentials = ServiceCredentials(environment: environment)
    }

    /// A name that is no option's would otherwise be passed over in silence.
    ///
    /// - Returns: how many options the file names.
    private static func checkNames(_ file: String) throws(ConfigurationError) -> Int {
        let text = String(decoding: try FileContent.bytes(of: file, option: "config"), as: UTF8.self)
        let names: [String]
        do {
            guard let document = try Yams.compose(yaml: text) else { return 0 }
            guard let mapping = document.mapping else {
                throw ConfigurationError.unreadableFile(option: "config", path: file, problem: "it is no mapping")
            }
            names = mapping.keys.map { $0.string ?? "" }
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw .unreadableFile(option: "config", path: file, problem: "it is no YAML or JSON")
        }
        for name in names where ServeOption(rawValue: name) == nil {
            throw .unreadableFile(option: "config", path: file, problem: "there is no option \(name)")
        }
        return names.count
    }

    /// An option's text; nil where nobody gave it.
    func text(_ option: ServeOption) -> String? {
        reader.string(forKey: ConfigKey([option.rawValue]), isSecret: option == .redisURL)
    }

    func texts(_ option: ServeOption) -> [String]? {
        reader.stringArray(forKey: ConfigKey([option.rawValue]))
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
