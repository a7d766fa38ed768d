import Testing

@testable import sessiond

/// What a terminal, a pipe and the environment make of colours.
@Suite struct LookTests {
    private static let terminal = ["TERM": "xterm", "LANG": "de_DE.UTF-8"]

    @Test(
        "Colours are for terminals, unless somebody says otherwise",
        arguments: [
            (.auto, true, [:], true), (.auto, false, [:], false), (.auto, true, ["NO_COLOR": "1"], false),
            (.auto, true, ["NO_COLOR": ""], true), (.auto, true, ["TERM": "dumb"], false),
            (.auto, true, ["TERM": ""], false), (.always, false, [:], true), (.always, true, ["NO_COLOR": "1"], true),
            (.never, true, [:], false),
        ] as [(ColorChoice, Bool, [String: String], Bool)])
    func colors(choice: ColorChoice, isTerminal: Bool, environment: [String: String], isColored: Bool) {
        let environment = Self.terminal.merging(environment) { $1 }
        #expect(Look(choice, isTerminal: isTerminal, environment: environment).isColored == isColored)
    }

    @Test("Lines are rewritten on terminals that can, with or without colours")
    func terminals() {
        #expect(Look(.never, isTerminal: true, environment: Self.terminal).isTerminal)
        #expect(!Look(.always, isTerminal: true, environment: ["TERM": "dumb"]).isTerminal)
        #expect(!Look(.always, isTerminal: true, environment: [:]).isTerminal)
        #expect(!Look(.always, isTerminal: false, environment: Self.terminal).isTerminal)
    }

    @Test(
        "The locale says whether there is more than ASCII; LC_ALL goes first",
        arguments: [
            (["LANG": "C.UTF-8"], true), (["LANG": "en_GB.utf8"], true), (["LANG": "C"], false), ([:], false),
            (["LC_ALL": "C", "LANG": "C.UTF-8"], false), (["LC_ALL": "", "LANG": "C.UTF-8"], true),
            (["LC_CTYPE": "en_US.UTF-8", "LANG": "C"], true),
        ] as [([String: String], Bool)])
    func locale(environment: [String: String], isUTF8: Bool) {
        #expect(Look(.auto, isTerminal: true, environment: environment).glyphs == (isUTF8 ? .unicode : .ascii))
    }

    @Test("A line in colours says the same as one without, and is cut by what is seen of it")
    func rendering() {
        let colored = Look(isTerminal: true, isColored: true, glyphs: .unicode)
        let plain = Look(isTerminal: true, isColored: false, glyphs: .unicode)
        var line = StyledLine("abc", .good)
        line.add("def", .bad)
        #expect(line.rendered(in: plain) == "abcdef")
        #expect(line.rendered(in: colored) == "\u{1B}[32mabc\u{1B}[0m\u{1B}[31mdef\u{1B}[0m")
        #expect(line.rendered(in: plain, columns: 6) == "abcdef")
        #expect(line.rendered(in: plain, columns: 5) == "abcd…")
        #expect(line.rendered(in: colored, columns: 3) == "\u{1B}[32mab\u{1B}[0m…")
        #expect(line.rendered(in: plain, columns: 1) == "…")
        #expect(line.rendered(in: plain, columns: 0).isEmpty)
        #expect(StyledLine("\u{1B}[2J").rendered(in: colored) == "\\u{1b}[2J")
    }
}
