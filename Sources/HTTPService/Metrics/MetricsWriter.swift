/// Writes the text format of Prometheus, version 0.0.4.
struct MetricsWriter {
    private(set) var text = ""

    enum Kind: String {
        case counter, gauge
    }

    /// One sample: its labels and its value.
    typealias Sample = (labels: [(name: String, value: String)], value: Double)

    /// A metric with one sample; none where there is no value.
    mutating func metric(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
        metric(name, kind, help, value.map { [([], $0)] } ?? [])
    }

    mutating func metric(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger) {
        metric(name, kind, help, Double(value))
    }

    mutating func metric(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        let name = "sessiond_\(name)"
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            text += name
            if !sample.labels.isEmpty {
                text +=
                    "{" + sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
            }
            text += " \(Self.number(sample.value))\n"
        }
    }

    /// Whole numbers without a fraction, up to where a double holds each.
    private static func number(_ value: Double) -> String {
        guard let whole = Int64(exactly: value), abs(value) < 9_007_199_254_740_992 else { return "\(value)" }
        return "\(whole)"
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }
}
