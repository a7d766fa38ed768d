import JSONRPC
import Testing

@Suite struct ParamsTests {
    private func params(_ json: String) throws -> Params {
        let line = #"{"jsonrpc":"2.0","id":1,"method":"m","params":\#(json)}"#
        guard case .single(let request) = RequestLine.parse(utf8(line), depthMax: 32, batchCountMax: 1000) else {
            throw JSONError.notUTF8
        }
        return try request.get().params
    }

    private func data(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch let error as RPCError {
            #expect(error.code == .invalidParams)
            return error.data.map { text($0) }
        } catch {
            return nil
        }
    }

    @Test(
        "Positional, unknown and repeated params are told by name",
        arguments: [
            ("[]", #"{"problem":"positional"}"#),
            (#"["k"]"#, #"{"problem":"positional"}"#),
            (#"{"kee":"x"}"#, #"{"param":"kee","problem":"unknown"}"#),
            (#"{"key":"x","key":"x"}"#, #"{"param":"key","problem":"duplicate"}"#),
            (#"{"kee":1,"kee":1}"#, #"{"param":"kee","problem":"unknown"}"#),
            (#"{"":1}"#, #"{"param":"","problem":"unknown"}"#),
        ]
    )
    func names(json: String, told: String) throws {
        let params = try params(json)
        #expect(data { _ = try params.named("key", "confirm") } == told)
    }

    @Test("A name as long as a session key is not repeated in the error")
    func secretInTheWrongPlace() throws {
        let params = try params(#"{"0123456789abcdefghijklmnopqrstuv":true}"#)
        #expect(data { _ = try params.named("session_key") } == #"{"problem":"unknown"}"#)
    }

    @Test(
        "A missing or mistyped string is refused; null is no string",
        arguments: [
            ("{}", "missing"), (#"{"key":1}"#, "type"), (#"{"key":null}"#, "type"), (#"{"key":["k"]}"#, "type"),
            (#"{"key":"\ud800"}"#, "range"),
        ]
    )
    func badString(json: String, problem: String) throws {
        let named = try params(json).named("key")
        #expect(data { _ = try named.string("key") } == #"{"param":"key","problem":"\#(problem)"}"#)
    }

    @Test(
        "An integer has its range",
        arguments: [
            ("0", "range"), ("1001", "range"), ("-1", "range"), ("99999999999999999999", "range"), ("1e400", "range"),
            ("1.5", "type"), ("\"1\"", "type"), ("true", "type"), ("null", "type"),
        ]
    )
    func badInteger(json: String, problem: String) throws {
        let named = try params(#"{"limit":\#(json)}"#).named("limit")
        let told = data { _ = try named.optionalInteger("limit", in: 1...1000) }
        #expect(told == #"{"param":"limit","problem":"\#(problem)"}"#)
    }

    @Test(
        "Truth values and arrays of strings are checked",
        arguments: [
            (#"{"b":1}"#, #"{"param":"b","problem":"type"}"#), (#"{"b":null}"#, #"{"param":"b","problem":"type"}"#),
            (#"{"s":"x"}"#, #"{"param":"s","problem":"type"}"#), (#"{"s":[]}"#, #"{"param":"s","problem":"range"}"#),
            (#"{"s":["x",1]}"#, #"{"param":"s","problem":"type"}"#),
        ]
    )
    func badOthers(json: String, told: String) throws {
        let named = try params(json).named("b", "s")
        #expect(
            data {
                _ = try named.optionalBool("b")
                _ = try named.optionalStrings("s")
            } == told
        )
    }

    @Test("Good params are read, and absent ones are nil")
    func good() throws {
        let named = try params(#"{"key":"a\u0000é","limit":1000,"b":false,"s":["x","y"],"empty":""}"#)
            .named("key", "limit", "b", "s", "empty", "absent")
        #expect(try named.string("key") == JSONString("a\0é"))
        #expect(try named.integer("limit", in: 1...1000) == 1000)
        #expect(try named.optionalBool("b") == false)
        #expect(try named.optionalStrings("s") == [JSONString("x"), JSONString("y")])
        #expect(try named.string("empty") == JSONString(""))
        #expect(named.has("empty") && !named.has("absent"))
        #expect(try named.optionalString("absent") == nil)
        #expect(try named.optionalInteger("absent", in: 0...1) == nil)
        #expect(try named.optionalBool("absent") == nil)
        #expect(try named.optionalStrings("absent") == nil)
        #expect(data { _ = try named.integer("absent", in: 0...1) } == #"{"param":"absent","problem":"missing"}"#)
    }
}
