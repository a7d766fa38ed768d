import DjangoSession
import TestSupport
import Testing

@Suite("JSON as Python reads it")
struct PythonJSONTests {
    @Test(
        "What json.loads refuses is unreadable",
        arguments: [
            "", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":1"#, "{'a':1}", "{a:1}", #"{"a":[1,]}"#,
            #"{"a":[1 2]}"#,
            #"{"a":01}"#, #"{"a":1.}"#, #"{"a":.5}"#, #"{"a":+1}"#, #"{"a":1e}"#, #"{"a":-}"#, #"{"a":-NaN}"#,
            #"{"a":nan}"#,
            #"{"a":0x1}"#, #"{"a":1_0}"#, #"{"a":tru}"#, #"{"a":"x}"#, "{\"a\":\"\u{1}\"}", "{\"a\":\"\n\"}",
            #"{"a":"\x"}"#,
            #"{"a":"\u12"}"#, #"{"a":"\u12G4"}"#, #"{"a":"\ud800\u12"}"#, #"{"a":1}}"#, #"{"a":1}x"#, #"{"a":[}"#,
            #"{"a":{]}"#,
            "{\"a\":1}\0", "{\u{A0}}", "\u{FEFF}{}", #"{"a":1 /**/}"#, #"{1:2}"#, "{,}", "[,]",
        ]
    )
    func refused(payload: String) {
        guard case .unreadable(.badJSON)? = fault(inPayload: payload) else {
            Issue.record("\(payload) is not refused as JSON")
            return
        }
    }

    @Test("A payload that is no object is no session", arguments: ["[]", "1", "\"a\"", "null", "true", " [1] ", "NaN"])
    func notAnObject(payload: String) {
        #expect(fault(inPayload: payload) == .unreadable(.notAnObject))
    }

    @Test("A pickle is named as one where JSON was asked for")
    func pickled() {
        let decoder = SessionDecoder(verification: .keys([SecretKey(Array(secret.utf8))]), serializer: .json)
        let protocol0 = signer.signing("(dp0\nS'a'\np1\nI1\ns.", compression: .never)
        #expect(fault(of: protocol0, by: decoder) == .unreadable(.pickled))
        let protocol2: [UInt8] = [0x80, 0x02] + Array("}q\u{1}U\u{1}aK\u{1}s.".utf8)
        #expect(fault(of: signer.signing(protocol2), by: decoder) == .unreadable(.pickled))
    }

    @Test(
        "What json.loads reads is rendered compact and under the contract's tags",
        arguments: [
            (" { } ", "{}"),
            ("\t{ \"a\" :\r\n[ 1 , [ ] , { } ] } ", #"{"a":[1,[],{}]}"#),
            (#"{"a":[true,false,null]}"#, #"{"a":[true,false,null]}"#),
            (
                #"{"a":[-0,0,-1,9007199254740991,-9007199254740991]}"#,
                #"{"a":[0,0,-1,9007199254740991,-9007199254740991]}"#
            ),
            (#"{"a":9007199254740992}"#, #"{"a":{"$py":"int","v":"9007199254740992"}}"#),
            (#"{"a":-9007199254740992}"#, #"{"a":{"$py":"int","v":"-9007199254740992"}}"#),
            (#"{"a":[0.5,-1.25e1,1E-7,0.0001,0.00001]}"#, #"{"a":[0.5,-12.5,1e-07,0.0001,1e-05]}"#),
            (#"{"a":123456789.123456789}"#, #"{"a":123456789.12345679}"#),
            (#"{"a":5e-324}"#, #"{"a":5e-324}"#),
            (#"{"a":1.0}"#, #"{"a":{"$py":"float","v":"1.0"}}"#),
            (#"{"a":-0.0}"#, #"{"a":{"$py":"float","v":"-0.0"}}"#),
            (#"{"a":1e15}"#, #"{"a":{"$py":"float","v":"1000000000000000.0"}}"#),
            (#"{"a":1e16}"#, #"{"a":{"$py":"float","v":"1e+16"}}"#),
            (#"{"a":1e-400}"#, #"{"a":{"$py":"float","v":"0.0"}}"#),
            (#"{"a":1e400}"#, #"{"a":{"$py":"float","v":"inf"}}"#),
            (#"{"a":NaN}"#, #"{"a":{"$py":"float","v":"nan"}}"#),
            (#"{"a":Infinity}"#, #"{"a":{"$py":"float","v":"inf"}}"#),
            (#"{"a":-Infinity}"#, #"{"a":{"$py":"float","v":"-inf"}}"#),
            (
                #"{"a":"\"\\\/\b\f\n\r\t\u0000\u001F\u007f"}"#,
                "{\"a\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7F}\"}"
            ),
            (#"{"a":"\u00e9\u20AC\ud83d\ude00"}"#, #"{"a":"é€😀"}"#),
            (#"{"a":"é"}"#, #"{"a":"Ã©"}"#),
            (#"{"a":"x\ud83d"}"#, #"{"a":{"$py":"str","utf16":[120,55357]}}"#),
            (#"{"a":"\ude00\ud83d\ude00"}"#, #"{"a":{"$py":"str","utf16":[56832,55357,56832]}}"#),
            (#"{"a":"\ud83d\ud83d\ude00\u0041"}"#, #"{"a":{"$py":"str","utf16":[55357,55357,56832,65]}}"#),
            (#"{"\ud800":1,"a":2}"#, #"{"$py":"dict","v":[[{"$py":"str","utf16":[55296]},1],["a",2]]}"#),
            (#"{"a":{"b":1,"$pyx":2}}"#, #"{"a":{"$py":"dict","v":[["b",1],["$pyx",2]]}}"#),
            (#"{"$p":1,"\u0024py":2}"#, #"{"$py":"dict","v":[["$p",1],["$py",2]]}"#),
            (#"{"a":1,"b":2,"a":3}"#, #"{"a":3,"b":2}"#),
            (#"{"a":1,"b":2,"\u0061":[],"a":{"c":1,"c":2}}"#, #"{"a":{"c":2},"b":2}"#),
            (#"{"a":{"$py":1,"$py":2},"a":{"$py":3}}"#, #"{"a":{"$py":"dict","v":[["$py",3]]}}"#),
            (#"{"":1,"":2}"#, #"{"":2}"#),
        ]
    )
    func rendering(payload: String, expected: String) throws {
        #expect(try rendered(payload) == expected)
    }

    @Test("Many names, one of them twice, keep the first one's place and the last one's value")
    func manyNames() throws {
        let names = (0..<500).map { #""k\#($0)":\#($0)"# }
        let payload = "{" + (names + [#""k7":"last""#]).joined(separator: ",") + "}"
        var expected = names
        expected[7] = #""k7":"last""#
        #expect(try rendered(payload) == "{" + expected.joined(separator: ",") + "}")
    }
}
