import ArgumentParser
import Foundation
import Glibc

/// Whether colours are wanted.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
    case auto, always, never
}

/// The option `--color`.
struct ColorOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Colours: auto (the default), always or never.",
            discussion: "auto: on a terminal, unless $NO_COLOR is set or $TERM is dumb.", valueName: "when"
        )
    )
    var color: ColorChoice = .auto
}

/// What the place can show where lines are printed.
struct Look: Equatable {
    /// Whether lines can be rewritten: it is a terminal, and not a dumb one.
    var isTerminal: Bool
    var isColored: Bool
    var glyphs: Glyphs

    /// Where nothing but plain text goes, as in a pipe.
    static let plain = Look(isTerminal: false, isColored: false, glyphs: .ascii)

    /// Standard output, as these variables describe it.
    static func standardOutput(
        _ color: ColorChoice, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Look {
        Look(color, isTerminal: isatty(STDOUT_FILENO) == 1, environment: environment)
    }

    init(_ color: ColorChoice, isTerminal: Bool, environment: [String: String]) {
        let isDumb = environment["TERM"].map { $0 == "dumb" || $0.isEmpty } ?? true
        self.isTerminal = isTerminal && !isDumb
        isColored =
            switch color {
            case .always: true
            case .never: false
            // no-color.org: what the variable holds does not matter, unless it holds nothing.
            case .auto: self.isTerminal && environment["NO_COLOR"].map(\.isEmpty) ?? true
            }
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let isUTF8 = locale.lowercased().replacing("-", with: "").contains("utf8")
        glyphs = isUTF8 ? .unicode : .ascii
    }

    init(isTerminal: Bool, isColored: Bool, glyphs: Glyphs) {
        self.isTerminal = isTerminal
        self.isColored = isColored
        self.glyphs = glyphs
    }
}

/// The characters that pictures are made of.
struct Glyphs: Equatable {
    /// Stands for what is left out of a text.
    let ellipsis: Character
    /// A part of a bar's cell, from the smallest to all of it.
    let barParts: [Character]
    /// A cell of a bar that is empty.
    let barGround: Character
    /// The levels of a sparkline, from nothing to all.
    let levels: [Character]
    /// Stands between the parts of a line.
    let separator: String

    static let unicode = Glyphs(
        ellipsis: "…", barParts: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"], barGround: "░",
        levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"], separator: " · ")
    /// Where the locale is not UTF-8.
    static let ascii = Glyphs(
        ellipsis: "~", barParts: ["#"], barGround: ".", levels: [".", ":", "-", "=", "+", "*", "#", "@"],
        separator: " | ")

    /// A bar of so many columns, filled to a share from 0 to 1. What is not nothing is seen.
    func bar(_ share: Double, columns: Int) -> String {
        let count = Double(barParts.count)
        let share = share.isFinite ? min(max(share, 0), 1) : 0
        var parts = Int((share * Double(columns) * count).rounded(.down))
        if share > 0 { parts = max(parts, 1) }
        let (whole, part) = parts.quotientAndRemainder(dividingBy: barParts.count)
        var bar = String(repeating: barParts[barParts.count - 1], count: whole)
        if part > 0 { bar.append(barParts[part - 1]) }
        return bar + String(repeating: barGround, count: columns - bar.count)
    }

    /// The last values as a line of so many columns at most, the highest of them at the top.
    func sparkline(_ values: [Double], columns: Int) -> String {
        let shown = values.suffix(max(columns, 0))
        let highest = shown.max() ?? 0
        return String(
            shown.map { value in
                guard highest > 0, value > 0 else { return levels[0] }
                return levels[min(levels.count - 1, Int(value / highest * Double(levels.count)))]
            })
    }
}
