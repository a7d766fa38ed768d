import Testing

@testable import sessiond

/// Texts, widths and pictures.
@Suite struct TextTests {
    @Test(
        "A character takes as many columns as a terminal gives it",
        arguments: [("a", 1), ("é", 1), ("日", 2), ("한", 2), ("Ａ", 2), ("👍", 2), ("❤️", 2), ("e\u{301}", 1), ("█", 1)])
    func width(text: String, columns: Int) {
        #expect(text.columnCount == columns)
    }

    @Test(
        "A text is cut where it does not fit, and never through a wide character",
        arguments: [
            ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 4, "日…"), ("日本語", 5, "日本…"), ("ab", 0, ""), ("ab", 1, "…"),
        ])
    func fitted(text: String, columns: Int, expected: String) {
        #expect(text.fitted(to: columns, ellipsis: "…") == expected)
        #expect(text.fitted(to: columns, ellipsis: "…").columnCount <= columns)
    }

    @Test("A text is wrapped at its spaces; a word that is too long stays whole")
    func wrapped() {
        #expect("one two three".wrapped(to: 7) == ["one two", "three"])
        #expect("one".wrapped(to: 1) == ["one"])
        #expect("".wrapped(to: 5) == [""])
    }

    @Test(
        "What steers a terminal, hides or turns is shown as an escape",
        arguments: [
            ("\u{1B}[2J", "\\u{1b}[2J"), ("a\r\nb", "a\\u{d}\\u{a}b"), ("\u{9B}31m", "\\u{9b}31m"),
            ("\u{7F}", "\\u{7f}"),
            ("\u{202E}x", "\\u{202e}x"), ("\u{2066}", "\\u{2066}"), ("\u{200B}", "\\u{200b}"),
            ("\u{FEFF}", "\\u{feff}"),
            ("\u{2028}", "\\u{2028}"), ("\u{2029}", "\\u{2029}"), ("\u{E0041}", "\\u{e0041}"), ("日本 é", "日本 é"),
        ])
    func safe(text: String, expected: String) {
        #expect(Terminal.safe(text) == expected)
    }

    @Test("A bar shows what is not nothing, and is full only for all")
    func bars() {
        #expect(Glyphs.unicode.bar(0, columns: 4) == "░░░░")
        #expect(Glyphs.unicode.bar(0.0001, columns: 4) == "▏░░░")
        #expect(Glyphs.unicode.bar(0.5, columns: 4) == "██░░")
        #expect(Glyphs.unicode.bar(0.99, columns: 4) == "███▉")
        #expect(Glyphs.unicode.bar(1, columns: 4) == "████")
        #expect(Glyphs.unicode.bar(7, columns: 4) == "████")
        #expect(Glyphs.unicode.bar(.nan, columns: 4) == "░░░░")
        #expect(Glyphs.ascii.bar(0.5, columns: 4) == "##..")
    }

    @Test("A sparkline has the last values, the highest at the top")
    func sparklines() {
        #expect(Glyphs.unicode.sparkline([9, 0, 1, 4, 8], columns: 4) == "▁▂▅█")
        #expect(Glyphs.unicode.sparkline([0, 0], columns: 4) == "▁▁")
        #expect(Glyphs.unicode.sparkline([1], columns: 0).isEmpty)
        #expect(Glyphs.unicode.sparkline([1], columns: -3).isEmpty)
    }

    @Test("Numbers are told in as many digits as an eye takes in")
    func amounts() {
        #expect(Amount.grouped(1_234_567) == "1,234,567")
        #expect(Amount.grouped(-1000) == "-1,000")
        #expect(Amount.rate(0.25) == "0.3" && Amount.rate(9.96) == "10" && Amount.rate(1234.5) == "1,235")
        #expect(Amount.ago(-5) == "now" && Amount.ago(59.9) == "59 s ago" && Amount.ago(60) == "1 min ago")
        #expect(Amount.ago(7200) == "2 h ago" && Amount.ago(200_000) == "2 d ago")
        #expect(Amount.span(0) == "0 s" && Amount.span(93_784) == "1 d 2 h" && Amount.span(.infinity) == "0 s")
        #expect(Gauge.percent(1) == "100 %" && Gauge.percent(0.9999) == "99.9 %" && Gauge.percent(0) == "0.0 %")
    }
}
