import Configuration
import Yams

/// The file of `--config`: options by their names, and tables, which nothing but a file has. YAML; JSON is YAML, too.
struct ConfigurationFile {
    /// The options.
    private(set) var values: [AbsoluteConfigKey: ConfigValue] = [:]
    private var tables: [Table: Node] = [:]
    private let path: String

    /// What is no option.
    enum Table: String {
        /// What users and groups may do: ``PeerRules``.
        case rights
        /// Further sockets.
        case sockets
    }

    /// A file in which every line is a comment says nothing, and is no mistake.
    init(_ path: String) throws(ConfigurationError) {
        self.path = path
        let text = String(decoding: try FileContent.bytes(of: path, option: "config"), as: UTF8.self)
        let document: Node?
        do {
            document = try Yams.compose(yaml: text)
        } catch {
            throw Self.problem("it is no YAML or JSON", in: path)
        }
        guard let document else { return }
        guard let mapping = document.mapping else { throw Self.problem("it is no mapping", in: path) }
        for (key, node) in mapping {
            let name = key.string ?? ""
            if let option = ServeOption(rawValue: name) {
                values[AbsoluteConfigKey([name])] = ConfigValue(
                    try Self.content(of: option, node, path), isSecret: option == .redisURL)
            } else if let table = Table(rawValue: name) {
                tables[table] = node
            } else {
                // It would otherwise be passed over in silence.
                throw Self.problem("there is no option \(name)", in: path)
            }
        }
    }

    private static func content(
        of option: ServeOption, _ node: Node, _ path: String
    ) throws(ConfigurationError) -> ConfigContent {
        let texts = node.sequence.map { $0.map(\.scalar?.string) } ?? [node.scalar?.string]
        guard !texts.contains(nil) else {
            throw problem("\(option.rawValue) is no text, number or list of them", in: path)
        }
        let words = texts.compactMap { $0 }
        if option == .salt { return .stringArray(words) }
        return .string(words.joined(separator: ","))
    }

    /// The entries of a table, each of which is a mapping; none where the file has no such table.
    func entries(of table: Table) throws(ConfigurationError) -> [ConfigurationEntry] {
        try tables[table].map { node throws(ConfigurationError) in
            try ConfigurationEntry.list(node, place: table.rawValue, in: path)
        } ?? []
    }

    static func problem(_ problem: String, in path: String) -> ConfigurationError {
        .unreadableFile(option: "config", path: path, problem: problem)
    }
}

/// One entry of a table in the configuration file. Every name in it must be asked for.
struct ConfigurationEntry {
    private let mapping: Node.Mapping
    /// Where it stands, such as `rights[2]`.
    private let place: String
    private let path: String

    static func list(_ node: Node, place: String, in path: String) throws(ConfigurationError) -> [ConfigurationEntry] {
        guard let sequence = node.sequence else { throw ConfigurationFile.problem("\(place) is no list", in: path) }
        var entries: [ConfigurationEntry] = []
        for (index, node) in sequence.enumerated() {
            guard let mapping = node.mapping else {
                throw ConfigurationFile.problem("\(place)[\(index)] is no mapping", in: path)
            }
            entries.append(ConfigurationEntry(mapping: mapping, place: "\(place)[\(index)]", path: path))
        }
        return entries
    }

    /// Refuses names that mean nothing here.
    func allow(_ names: String...) throws(ConfigurationError) {
        for key in mapping.keys where !names.contains(key.string ?? "") {
            throw problem("there is no \(key.string ?? "such name"): it takes \(names.joined(separator: ", "))")
        }
    }

    func text(_ name: String) throws(ConfigurationError) -> String? {
        guard let node = mapping[name] else { return nil }
        guard let text = node.scalar?.string else { throw problem("\(name) is no text or number") }
        return text
    }

    /// A list of words, or one text with commas between them.
    func words(_ name: String) throws(ConfigurationError) -> [String]? {
        guard let node = mapping[name] else { return nil }
        guard let sequence = node.sequence else { return try text(name).map(Self.words) }
        let texts = sequence.compactMap(\.scalar?.string)
        guard texts.count == sequence.count else { throw problem("\(name) is no list of words") }
        return texts
    }

    static func words(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimming { $0 == " " } }.filter { !$0.isEmpty }
    }

    func entries(_ name: String) throws(ConfigurationError) -> [ConfigurationEntry] {
        guard let node = mapping[name] else { return [] }
        return try Self.list(node, place: "\(place).\(name)", in: path)
    }

    func problem(_ problem: String) -> ConfigurationError {
        ConfigurationFile.problem("\(place): \(problem)", in: path)
    }
}

extension Substring {
    fileprivate func trimming(where isPadding: (Character) -> Bool) -> String {
        String(drop(while: isPadding).reversed().drop(while: isPadding).reversed())
    }
}
