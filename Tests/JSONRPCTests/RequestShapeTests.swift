import SessionModel
import TestSupport
import Testing

@testable import JSONRPC

/// What a shape recognises means to the parser exactly what the shape says.
@Suite struct RequestShapeTests {
    private static let key = "abcdefghijklmnopqrstuvwxyz012345"

    private static func request(of line: [UInt8]) -> Request? {
        guard case .single(.success(let request)) = RequestLine.parse(line, depthMax: 32, batchCountMax: 10) else {
            return nil
        }
        return request
    }

    private static func key(of request: Request) -> JSONString? {
        guard request.method == "session.identity", case .members(let members) = request.params, members.count == 1,
            members[0].name == "session_key", case .string(let key) = members[0].value
        else { return nil }
        return key
    }

    private static func shape(of text: String) -> RequestShape? {
        let line = Array(text.utf8)
        return request(of: line).flatMap { request in
            key(of: request).flatMap { RequestShape(of: line, request, key: $0) }
        }
    }

    private static func match(_ shape: RequestShape, _ text: [UInt8]) -> (id: [UInt8], key: [UInt8])? {
        // Behind another line, and with another one behind it.
        let before = Array("{}\n".utf8)
        let input = before + text + Array("\r\n{}".utf8)
        guard let found = input.withUnsafeBytes({ shape.match($0, at: before.count) }),
            found.end == before.count + text.count + 2
        else { return nil }
        return (Array(input[found.id]), Array(input[found.key]))
    }

    private static let forms = [
        #"{"jsonrpc":"2.0","id":7,"method":"session.identity","params":{"session_key":"KEY"}}"#,
        #"{"jsonrpc": "2.0", "id": 7, "method": "session.identity", "params": {"session_key": "KEY"}}"#,
        #"{"params":{"session_key":"KEY"},"id":"a-1","method":"session.identity","jsonrpc":"2.0"}"#,
        #" { "method":"session.identity","params":{"session_key":"KEY"},"jsonrpc":"2.0","trace":{"id":1},"id":0 } "#,
        #"{"id":7,"jsonrpc":"2.0","method":"session.identity","params":{"session\u005fkey":"KEY"}}"#,
    ].map { $0.replacing("KEY", with: key) }

    @Test("Another id and another key are found in a line of the same shape", arguments: forms)
    func recognises(form: String) throws {
        let shape = try #require(Self.shape(of: form))
        let other = String(Self.key.reversed())
        for id in ["0", "12", "999999999999999999", #""a-1""#, #""""#] {
            let line = Array(
                form.replacing(Self.key, with: other).replacing("\"id\":7", with: "\"id\":\(id)")
                    .replacing("\"id\": 7", with: "\"id\": \(id)").replacing("\"id\":\"a-1\"", with: "\"id\":\(id)")
                    .replacing("\"id\":0", with: "\"id\":\(id)").utf8)
            let found = try #require(Self.match(shape, line))
            #expect(found.key == Array(other.utf8))
            #expect(found.id == Array(id.utf8))
        }
    }

    @Test(
        "What is no request for an identity, or varies in anything else, has no shape",
        arguments: [
            #"{"jsonrpc":"2.0","method":"session.identity","params":{"session_key":"k"}}"#,
            #"{"jsonrpc":"2.0","id":null,"method":"session.identity","params":{"session_key":"k"}}"#,
            #"{"jsonrpc":"2.0","id":-1,"method":"session.identity","params":{"session_key":"k"}}"#,
            #"{"jsonrpc":"2.0","id":1.5,"method":"session.identity","params":{"session_key":"k"}}"#,
            #"{"jsonrpc":"2.0","id":1e2,"method":"session.identity","params":{"session_key":"k"}}"#,
            #"{"jsonrpc":"2.0","id":"\u0041","method":"session.identity","params":{"session_key":"k"}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"session.identity","params":{"session_key":"\u006b"}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"session.identity","params":{"session_key":""}}"#,
            // The first bytes of what is written are those of the key.
            #"{"jsonrpc":"2.0","id":1,"method":"session.identity","params":{"session_key":"\\"}}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"session.identity","params":{"session_key":"abcdefghij\\"}}"#,
        ])
    func others(text: String) {
        #expect(Self.shape(of: text) == nil)
    }

    @Test("Whatever is changed in a line, the parser reads in it what the shape does", arguments: forms)
    func mutations(form: String) throws {
        let shape = try #require(Self.shape(of: form))
        var random = SeededGenerator(seed: 1)
        let bytes = Array(#"0123456789ab"\{}[]:,. -eE"#.utf8) + [0, 9, 0x80, 0xFF]
        var recognisedCount = 0
        for _ in 0..<30_000 {
            var line = Array(form.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<line.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: line[place] = bytes[Int.random(in: bytes.indices, using: &random)]
                case 1: line.insert(bytes[Int.random(in: bytes.indices, using: &random)], at: place)
                default: line.remove(at: place)
                }
            }
            guard let found = Self.match(shape, line) else { continue }
            // What the key is made of is the caller's to see.
            guard found.key.allSatisfy({ Self.isPlain($0) }) else { continue }
            recognisedCount += 1
            let request = try #require(Self.request(of: line), "\(String(decoding: line, as: UTF8.self))")
            #expect(request.id.map { Array($0.text) } == found.id)
            #expect(Self.key(of: request).map { Array($0.utf8) } == found.key)
        }
        #expect(recognisedCount > 100)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
