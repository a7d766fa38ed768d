import RESP
import Testing

/// What a server must not be able to do, whatever it sends.
@Suite struct ReplyBoundsTests {
    /// Bounds that a test reaches with little.
    private static let small: ReplyBounds = {
        var bounds = ReplyBounds()
        (bounds.stringBytes, bounds.shortStringBytes, bounds.replyBytes) = (100, 10, 150)
        (bounds.elementCount, bounds.lineBytes) = (20, 60)
        return bounds
    }()

    private func read(
        _ text: String, bounds: ReplyBounds = ReplyBounds(), step: Int = .max
    ) throws -> [RESPValue] {
        var reader = try RESPReader(bounds: bounds)
        var values: [RESPValue] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            try rest.prefix(step).withUnsafeBytes { try reader.feed($0) }
            rest = rest.dropFirst(step)
            while let value = try reader.next() { values.append(value) }
        }
        return values
    }

    @Test(
        "A head that announces what no reply has is refused before anything is allocated for it",
        arguments: [
            "*1000000000\r\n", "*1048577\r\n", "*131073\r\n", "*2\r\n*65536\r\n*65536\r\n",
            "*2\r\n*1000000\r\n*1000000\r\n", "*9223372036854775807\r\n",
            "*99999999999999999999\r\n", "*-2\r\n", "*\r\n", "*1x\r\n", "*+1\r\n", "*01\r\n", "*-0\r\n",
            "$-2\r\n", "$\r\n", "$+1\r\n", "$1 \r\n", "$99999999999999999999\r\n", "$999999999999\r\n",
            "$536870913\r\n", ":\r\n", ":1.5\r\n", ":--1\r\n",
            ":99999999999999999999\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "\r\n", "\n", "$1\n",
            "+OK\n",
            "$1\r\nxyz\r\n", "$0\r\nx\r\n", ">1\r\n+push\r\n", "%1\r\n+a\r\n+b\r\n", "_\r\n", "#t\r\n", ",1.5\r\n",
            "(1\r\n",
        ]
    )
    func refused(text: String) throws {
        for step in [Int.max, 1] {
            #expect(throws: RESPError.self, "\(text.debugDescription) by \(step)") { try read(text, step: step) }
        }
    }

    @Test(
        "A line without an end is given up, not kept",
        arguments: [UInt8(ascii: "+"), UInt8(ascii: "$"), UInt8(ascii: ":")])
    func endlessLine(first: UInt8) throws {
        var reader = try RESPReader()
        let chunk = [UInt8](repeating: UInt8(ascii: "1"), count: 1000)
        try [first].withUnsafeBytes { try reader.feed($0) }
        #expect(throws: RESPError.self) {
            for _ in 0..<20 { try chunk.withUnsafeBytes { try reader.feed($0) } }
        }
    }

    @Test("What begins no reply is refused at its first byte", arguments: [0x00, 0x0D, 0x15, UInt8(ascii: ">"), 0xFF])
    func unknownType(first: UInt8) throws {
        var reader = try RESPReader()
        #expect(throws: RESPError.self) { try [first].withUnsafeBytes { try reader.feed($0) } }
    }

    @Test("What came before bytes that are refused is read")
    func before() throws {
        var reader = try RESPReader()
        #expect(throws: RESPError.self) { try Array("+OK\r\n>1\r\n".utf8).withUnsafeBytes { try reader.feed($0) } }
        #expect(try reader.next() == .status(Array("OK".utf8)))
        #expect(try reader.next() == nil)
    }

    @Test("A string that is too long is passed over, alone and among others, under every split", arguments: 1...60)
    func tooLarge(step: Int) throws {
        let long = "$101\r\n\(String(repeating: "x", count: 101))\r\n"
        let values = try read("\(long)*3\r\n$1\r\na\r\n\(long):7\r\n+OK\r\n", bounds: Self.small, step: step)
        let stand = RESPValue.error(Array("TOOLARGE a string of 101 bytes".utf8))
        #expect(values == [stand, .array([.string([97]), stand, .integer(7)]), .status(Array("OK".utf8))])
        #expect(stand.omission == .tooLarge)
    }

    @Test("A string that is passed over is told of once it has come, not when it is announced")
    func tooLargeToCome() throws {
        #expect(try read("$101\r\nxxxx", bounds: Self.small) == [])
    }

    @Test("Long strings that find no room in their reply are passed over, short ones never", arguments: 1...60)
    func noRoom(step: Int) throws {
        let long = "$80\r\n\(String(repeating: "x", count: 80))\r\n"
        let array = "*4\r\n\(long)\(long)$10\r\n0123456789\r\n$0\r\n\r\n"
        let values = try read(array + long, bounds: Self.small, step: step)
        let string = RESPValue.string(Array(repeating: 0x78, count: 80))
        let stand = RESPValue.error(Array("NOROOM a string of 80 bytes".utf8))
        #expect(values == [.array([string, stand, .string(Array("0123456789".utf8)), .string([])]), string])
    }

    @Test("Short strings cannot make a reply of any size")
    func manyShort() throws {
        var bounds = Self.small
        bounds.elementCount = 1000
        let array = "*100\r\n" + String(repeating: "$10\r\n0123456789\r\n", count: 100)
        #expect(throws: RESPError.self) { try read(array, bounds: bounds) }
    }

    @Test("A string of the longest length is taken, whole")
    func longest() throws {
        let count = ReplyBounds().stringBytes
        var reader = try RESPReader()
        let head = Array("$\(count)\r\n".utf8)
        let bytes = head + [UInt8](repeating: 0x61, count: count) + [0x0D, 0x0A]
        for start in stride(from: 0, to: bytes.count, by: 65_536) {
            try bytes[start..<min(start + 65_536, bytes.count)].withUnsafeBytes { try reader.feed($0) }
        }
        #expect(try reader.next()?.bytes?.count == count)
    }
}
