import RESP
import Testing

@Suite struct RESPReaderTests {
    private func read(_ bytes: [UInt8], step: Int) throws -> [RESPValue] {
        var reader = try RESPReader()
        var values: [RESPValue] = []
        var start = 0
        while start < bytes.count {
            let end = min(start + step, bytes.count)
            try bytes[start..<end].withUnsafeBytes { try reader.feed($0) }
            while let value = try reader.next() { values.append(value) }
            start = end
        }
        return values
    }

    @Test("Bytes that are no RESP are an error that says so")
    func malformed() throws {
        #expect(throws: RESPError.self) { try read(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), step: 100) }
    }

    @Test("Every reply type is read under every split of its bytes", arguments: 1...40)
    func splits(step: Int) throws {
        let text =
            "+OK\r\n$5\r\na\0b\r\n\r\n:-42\r\n$-1\r\n*3\r\n$1\r\nx\r\n*1\r\n:7\r\n*0\r\n-NOAUTH who are you\r\n$0\r\n\r\n"
        #expect(
            try read(Array(text.utf8), step: step) == [
                .status(Array("OK".utf8)), .string([97, 0, 98, 13, 10]), .integer(-42), .null,
                .array([.string([120]), .array([.integer(7)]), .array([])]), .error(Array("NOAUTH who are you".utf8)),
                .string([]),
            ]
        )
    }

    @Test("The first word of an error reply is its code")
    func errorCode() {
        #expect(RESPValue.error(Array("WRONGPASS invalid".utf8)).errorCode == "WRONGPASS")
        #expect(RESPValue.error(Array("LOADING".utf8)).errorCode == "LOADING")
        #expect(RESPValue.status(Array("OK".utf8)).errorCode == nil)
    }

    @Test("A command is formatted binary-safe, empty arguments too")
    func format() throws {
        var output: [UInt8] = []
        try RESPCommand.append([Array("GET".utf8), [], [0, 13, 10, 255]], to: &output)
        #expect(output == Array("*3\r\n$3\r\nGET\r\n$0\r\n\r\n$4\r\n".utf8) + [0, 13, 10, 255] + Array("\r\n".utf8))
    }
}
