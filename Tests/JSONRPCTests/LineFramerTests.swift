import JSONRPC
import Testing

@Suite struct LineFramerTests {
    private func lines(_ chunks: [[UInt8]], max: Int = 8) -> [LineFramer.Line] {
        var framer = LineFramer(lineBytesMax: max)
        var lines: [LineFramer.Line] = []
        for chunk in chunks {
            framer.append(chunk[...])
            while let line = framer.nextLine() {
                lines.append(line)
            }
        }
        return lines
    }

    @Test("A line over the limit is told once, after the lines before it, and nothing follows")
    func tooLong() {
        #expect(lines([utf8("one\ntoo long a line\nthree\n"), utf8("four\n")]) == [.line(utf8("one")), .tooLong])
    }

    @Test("A line over the limit is told before its end has come")
    func tooLongUnended() {
        #expect(lines([utf8("12345678")]) == [])
        #expect(lines([utf8("12345678"), utf8("9")]) == [.tooLong])
    }

    @Test("The limit counts neither LF nor CR LF")
    func limitWithoutEnd() {
        #expect(lines([utf8("12345678\n")]) == [.line(utf8("12345678"))])
        #expect(lines([utf8("12345678\r"), utf8("\n")]) == [.line(utf8("12345678"))])
        #expect(lines([utf8("12345678\r"), utf8("x\n")]) == [.tooLong])
        #expect(lines([utf8("123456789\r\n")]) == [.tooLong])
    }

    @Test("Any cut of the stream gives the same lines")
    func everySplit() {
        let stream = utf8("a\r\n\nbc\r\r\n\r\n12345678\né\u{1F600}\nrest")
        let expected = lines([stream])
        #expect(
            expected == ["a", "", "bc\r", "", "12345678", "é\u{1F600}"].map { .line(utf8($0)) }
        )
        for first in 0...stream.count {
            for second in first...stream.count {
                let chunks = [stream[..<first], stream[first..<second], stream[second...]].map { Array($0) }
                #expect(lines(chunks) == expected)
            }
        }
        #expect(lines(stream.map { [$0] }) == expected)
    }

    @Test("Half a line is known to be there")
    func partial() {
        var framer = LineFramer(lineBytesMax: 8)
        #expect(!framer.hasPartialLine)
        framer.append(utf8("one\ntw")[...])
        #expect(framer.nextLine() == .line(utf8("one")))
        #expect(framer.nextLine() == nil)
        #expect(framer.hasPartialLine)
        framer.append(utf8("o\n")[...])
        #expect(framer.nextLine() == .line(utf8("two")))
        #expect(!framer.hasPartialLine)
    }

    @Test("A long line that drips in byte by byte comes out whole")
    func dripping() {
        let line = [UInt8](repeating: 0x61, count: 300_000)
        var framer = LineFramer(lineBytesMax: 1 << 20)
        for byte in line {
            framer.append([byte])
            #expect(framer.nextLine() == nil)
        }
        framer.append([0x0A])
        #expect(framer.nextLine() == .line(line))
    }
}
