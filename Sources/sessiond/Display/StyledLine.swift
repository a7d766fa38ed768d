/// What a piece of text is, which says how it looks where there are colours.
enum Style: String {
    case plain = ""
    case good = "32"
    case doubtful = "33"
    case bad = "31"
    case lively = "36"
    case faint = "2"
    case strong = "1"
}

/// A line for a terminal, in pieces.
///
/// Much of it came from sessions: a control character in it is shown, never sent, whoever adds it.
struct StyledLine: Equatable {
    private(set) var pieces: [Piece] = []

    struct Piece: Equatable {
        let text: String
        let style: Style
    }

    init() {}

    init(_ text: String, _ style: Style = .plain) {
        add(text, style)
    }

    /// Adds a text.
    mutating func add(_ text: String, _ style: Style = .plain) {
        guard !text.isEmpty else { return }
        pieces.append(Piece(text: Terminal.safe(text), style: style))
    }

    /// Adds a text as a column of this width, with two spaces behind it.
    mutating func add(
        _ text: String, _ style: Style = .plain, columns: Int, isRight: Bool = false, ellipsis: Character
    ) {
        let fitted = Terminal.safe(text).fitted(to: columns, ellipsis: ellipsis)
        pieces.append(Piece(text: fitted.padded(to: columns, isRight: isRight) + "  ", style: style))
    }

    /// The whole as one text.
    var text: String { pieces.map(\.text).joined() }

    /// What is sent to the terminal.
    ///
    /// - Parameter columns: what is beyond them is left out; nil for all.
    func rendered(in look: Look, columns: Int? = nil) -> String {
        var rest = columns ?? .max
        var isCut = false
        if let columns, text.columnCount > columns {
            rest = columns - 1
            isCut = true
        }
        var rendered = ""
        for piece in pieces where rest > 0 {
            var shown = ""
            for character in piece.text {
                rest -= character.columnCount
                guard rest >= 0 else { break }
                shown.append(character)
            }
            let isPainted = look.isColored && piece.style != .plain && !shown.isEmpty
            rendered += isPainted ? "\u{1B}[\(piece.style.rawValue)m\(shown)\u{1B}[0m" : shown
        }
        return isCut && (columns ?? 0) > 0 ? rendered + String(look.glyphs.ellipsis) : rendered
    }
}
