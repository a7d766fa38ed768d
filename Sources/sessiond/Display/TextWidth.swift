extension Character {
    /// How many columns of a terminal it takes: 2 for the wide letters of East Asia and for emoji, 0 for what only changes others.
    var columnCount: Int {
        guard let first = unicodeScalars.first else { return 0 }
        if first.isASCII { return 1 }
        let properties = first.properties
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        let isEmoji = properties.isEmojiPresentation || unicodeScalars.contains { $0.value == 0xFE0F }
        return isEmoji || Self.wideRanges.contains { $0.contains(first.value) } ? 2 : 1
    }

    /// The blocks that Unicode calls wide or fullwidth, in whole.
    private static let wideRanges: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265,
        0x20000...0x3FFFD,
    ]
}

extension String {
    /// How many columns of a terminal it takes.
    var columnCount: Int { reduce(0) { $0 + $1.columnCount } }

    /// As much of it as fits into so many columns, with `ellipsis` at the end where something is left out.
    func fitted(to columns: Int, ellipsis: Character) -> String {
        guard columnCount > columns else { return self }
        var fitted = ""
        var rest = columns - ellipsis.columnCount
        guard rest >= 0 else { return "" }
        for character in self {
            rest -= character.columnCount
            if rest < 0 { break }
            fitted.append(character)
        }
        return fitted + String(ellipsis)
    }

    /// Filled up with spaces to so many columns.
    func padded(to columns: Int, isRight: Bool = false) -> String {
        let spaces = String(repeating: " ", count: Swift.max(0, columns - columnCount))
        return isRight ? spaces + self : self + spaces
    }

    /// In lines of at most so many columns, broken at spaces; a word that is longer stays whole.
    func wrapped(to columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ", omittingEmptySubsequences: false) {
            if line.isEmpty {
                line = String(word)
            } else if line.columnCount + 1 + String(word).columnCount <= columns {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        return lines + [line]
    }
}
