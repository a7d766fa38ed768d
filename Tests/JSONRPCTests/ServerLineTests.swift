import JSONRPC
import Testing

@Suite struct ServerLineTests {
    private func told(_ line: String) throws -> String {
        switch try ServerLine.parse(utf8(line), depthMax: 32) {
        case .result(let id, let result): "result \(text(id.text)) \(text(result))"
        case .refusal(let id, let error): "refusal \(text(id.text)) \(text(error))"
        case .notification(let method, let params): "notification \(method.string) \(text(params))"
        case .other: "other"
        }
    }

    @Test(
        "A line that is not JSON is an error",
        arguments: ["", "x", "{", #"{"id":1,"result":}"#, #"{"id":1,"result":1}}"#, "[1"]
    )
    func notJSON(line: String) {
        #expect(throws: JSONError.self) { try ServerLine.parse(utf8(line), depthMax: 32) }
    }

    @Test(
        "JSON that is neither an answer nor a notification is told as such",
        arguments: [
            "1", "[]", "{}", #"{"id":1}"#, #"{"method":"m"}"#, #"{"method":1,"params":{}}"#, #"[{"id":1,"result":1}]"#,
        ]
    )
    func other(line: String) throws {
        #expect(try told(line) == "other")
    }

    @Test("Answers and notifications keep the text of what they carry")
    func messages() throws {
        #expect(try told(#"{"jsonrpc":"2.0","id":7,"result":{ "a" : [1.0] } }"#) == #"result 7 { "a" : [1.0] }"#)
        #expect(try told(#" {"error":{"code":-32001},"id":null}"#) == #"refusal null {"code":-32001}"#)
        #expect(
            try told(#"{"method":"event","params":{"subscription":1}}"#) == #"notification event {"subscription":1}"#
        )
    }

    @Test("A request is one line, also where its params were several")
    func requestLine() {
        let line = RequestText.line(id: 7, method: "a\"b", params: utf8("{\r\n \"k\": 1\n}"))
        #expect(text(line) == #"{"jsonrpc":"2.0","id":7,"method":"a\"b","params":{   "k": 1 }}"# + "\n")
    }
}
