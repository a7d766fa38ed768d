import JSONRPC
import TestSupport
import Testing

@Suite struct RequestLineTests {
    private func parse(_ line: String) -> RequestLine {
        RequestLine.parse(utf8(line), depthMax: 32, batchCountMax: 1000)
    }

    /// What is answered to a line that is refused as a whole: the id and the code.
    private func refusal(_ line: String) -> String? {
        guard case .single(.failure(let invalid)) = parse(line) else {
            return nil
        }
        return "\(text(invalid.id.text)) \(invalid.error.code.rawValue)"
    }

    @Test(
        "A line that is not JSON is a parse error without an id",
        arguments: [
            "", " ", "x", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"", "{\"id\":1}x", "[1,", "[{]",
            "{\"id\":1,\"id\":}",
        ]
    )
    func notJSON(line: String) {
        #expect(refusal(line) == "null -32700")
    }

    @Test("A line that is nested too deeply or is no UTF-8 is a parse error")
    func unreadable() {
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        #expect(refusal(#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":\#(deep)}}"#) == "null -32700")
        #expect(refusal(deep) == "null -32700")
        let broken = RequestLine.parse([0x22, 0xFF, 0x22], depthMax: 32, batchCountMax: 1000)
        #expect(broken == .single(.failure(InvalidRequest(id: .null, error: .parseError))))
    }

    @Test(
        "JSON that is no request is refused, with the id where it can be read",
        arguments: [
            ("1", "null"), ("null", "null"), ("\"m\"", "null"), ("[]", "null"), ("{}", "null"), (#"{"id":7}"#, "7"),
            (#"{"id":7,"method":"m"}"#, "7"), (#"{"jsonrpc":"1.0","id":7,"method":"m"}"#, "7"),
            (#"{"jsonrpc":2.0,"id":7,"method":"m"}"#, "7"), (#"{"jsonrpc":"2.0","id":7}"#, "7"),
            (#"{"jsonrpc":"2.0","id":7,"method":1}"#, "7"), (#"{"jsonrpc":"2.0","method":1}"#, "null"),
            (#"{"jsonrpc":"2.0","id":7,"method":"m","params":1}"#, "7"),
            (#"{"jsonrpc":"2.0","id":7,"method":"m","params":null}"#, "7"),
            (#"{"jsonrpc":"2.0","id":7,"method":"m","params":"p"}"#, "7"),
            (#"{"jsonrpc":"2.0","id":{},"method":"m"}"#, "null"), (#"{"jsonrpc":"2.0","id":[1],"method":"m"}"#, "null"),
            (#"{"jsonrpc":"2.0","id":true,"method":"m"}"#, "null"),
            (#"{"jsonrpc":"2.0","id":false,"method":"m"}"#, "null"),
            (#"{"jsonrpc":"2.0","id":7,"id":7,"method":"m"}"#, "null"),
            (#"{"jsonrpc":"2.0","id":true,"id":7,"method":"m"}"#, "null"),
            (#"{"jsonrpc":"2.0","jsonrpc":"2.0","id":7,"method":"m"}"#, "7"),
            (#"{"jsonrpc":"2.0","id":7,"method":"m","method":"m"}"#, "7"),
            (#"{"jsonrpc":"2.0","id":7,"method":"m","m\u0065thod":"m"}"#, "7"),
            (#"{"jsonrpc":"2.0","id":7,"method":"m","params":{},"params":{}}"#, "7"),
            (#"{"jsonrpc":"2.0","id":7,"method":"m","x":1,"x":1}"#, "7"),
            (#"{"JSONRPC":"2.0","id":7,"method":"m"}"#, "7"),
        ]
    )
    func noRequest(line: String, id: String) {
        #expect(refusal(line) == "\(id) -32600")
    }

    @Test("Something wrong in a batch is refused alone")
    func mixedBatch() {
        let line = #"[1,{"jsonrpc":"2.0","id":1,"method":"a"},[],{"jsonrpc":"2.0","method":"b"},{"id":"x"}]"#
        guard case .batch(let parts) = parse(line) else {
            Issue.record("a batch")
            return
        }
        let told = parts.map { part in
            switch part {
            case .success(let request): "\(request.method.string) \(request.id.map { text($0.text) } ?? "-")"
            case .failure(let invalid): "\(invalid.error.code) \(text(invalid.id.text))"
            }
        }
        #expect(told == ["invalidRequest null", "a 1", "invalidRequest null", "b -", "invalidRequest \"x\""])
    }

    @Test(
        "An id keeps its own text",
        arguments: [
            "1", "1.0", "-0", "1e3", "123456789012345678901234567890", "\"\"", "\"é\"", #""\u00e9""#, #""\ud800""#,
            "null",
        ]
    )
    func ids(id: String) throws {
        guard case .single(.success(let request)) = parse(#" { "id" : \#(id) , "method":"m","jsonrpc":"2.0"} "#) else {
            Issue.record("a request")
            return
        }
        #expect(try text(#require(request.id).text) == id)
    }

    @Test("A request without an id is a notification, and unknown members of the envelope are ignored")
    func notification() {
        let line = #"{"jsonrpc":"2.0","method":"m","trace":{"a":[1]},"params":{}}"#
        #expect(parse(line) == .single(.success(Request(id: nil, method: JSONString("m"), params: .none))))
    }

    @Test("A method may have any name")
    func strangeMethod() {
        for method in [#""""#, #""\u0000""#, #""\ud800""#] {
            guard case .single(.success) = parse(#"{"jsonrpc":"2.0","id":1,"method":\#(method)}"#) else {
                Issue.record("a request")
                continue
            }
        }
    }

    @Test("No cut or changed byte of a request line traps, and a cut one is never a request")
    func mangled() {
        let line = utf8(
            #"{"jsonrpc":"2.0","id":"é😀","method":"session.get","params":{"session_key":"a\u0000\ud83d\ude00b","n":[1.5e3]}}"#
        )
        for end in 0..<line.count {
            guard case .single(.failure) = RequestLine.parse(Array(line[..<end]), depthMax: 32, batchCountMax: 1000)
            else {
                Issue.record("the first \(end) bytes are no request")
                continue
            }
        }
        var generator = SeededGenerator(seed: 20_261_207)
        for _ in 0..<20_000 {
            var changed = line
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                changed[Int.random(in: 0..<line.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            if case .batch = RequestLine.parse(changed, depthMax: 32, batchCountMax: 1000) {
                Issue.record("an object is no batch")
            }
        }
    }
}
