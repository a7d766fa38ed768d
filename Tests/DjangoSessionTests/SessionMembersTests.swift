import DjangoSession
import TestSupport
import Testing

@Suite("Members of a rendered session")
struct SessionMembersTests {
    private func members(_ payload: String) throws -> [String] {
        let data = try decoder.decode(signer.signing(payload)).data
        return SessionMembers(data).map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" }
    }

    @Test("Bytes that nobody rendered give some members or none, but never trap")
    func otherBytes() {
        let text = Array(#"{"a":[1,{"b":"\\\""}],"$py":{"x":null}}"#.utf8)
        let tagged = Array(#"{"$py":"dict","v":[["a",1],["b",[2]]]}"#.utf8)
        for bytes in [text, tagged] {
            for count in bytes.indices {
                #expect(SessionMembers(Array(bytes.prefix(count))).map(\.name).count <= 3)
                #expect(SessionMembers(Array(bytes.suffix(count))).map(\.name).count <= bytes.count)
            }
        }
    }

    @Test("Each has its name and the text of its value")
    func plain() throws {
        #expect(try members("{}") == [])
        #expect(
            try members(#"{"a":1,"b\n\"}":"},\"x","c":[[],{"d":"]"},"["],"":{},"e":-1.5,"f":null}"#)
                == ["a=1", "b\n\"}=\"},\\\"x\"", #"c=[[],{"d":"]"},"["]"#, "={}", "e=-1.5", "f=null"]
        )
    }

    @Test("A tagged session has members as well")
    func tagged() throws {
        #expect(try members(#"{"$py":1,"a":[2]}"#) == ["$py=1", "a=[2]"])
        #expect(try members(#"{"\ud800":{},"a":"x"}"#) == [#"{"$py":"str","utf16":[55296]}={}"#, #"a="x""#])
    }
}
