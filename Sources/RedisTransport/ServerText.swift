/// Words of the server, made fit for a log line: in one line, of printable characters, and short, whatever it sent.
struct ServerText: CustomStringConvertible {
    let description: String

    /// How many characters are shown.
    private static let countMax = 200

    init(_ text: some StringProtocol) {
        let shown = text.unicodeScalars.prefix(Self.countMax).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}" as Unicode.Scalar
            default: scalar
            }
        }
        var view = String.UnicodeScalarView(shown)
        if text.unicodeScalars.count > Self.countMax { view.append("…") }
        description = String(view)
    }

    init(_ bytes: [UInt8]) {
        self.init(String(decoding: bytes, as: UTF8.self))
    }
}
