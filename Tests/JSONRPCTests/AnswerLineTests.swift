import JSONRPC
import SessionModel
import Testing

@Suite struct AnswerLineTests {
    private func line(_ write: (inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        write(&bytes)
        return text(bytes)
    }

    @Test(
        "Each error has its code, its words and its data",
        arguments: [
            (.parseError, #"{"code":-32700,"message":"Parse error"}"#),
            (.invalidRequest, #"{"code":-32600,"message":"Invalid Request"}"#),
            (
                .lineTooLong(limitBytes: 65_536),
                #"{"code":-32600,"message":"Invalid Request","data":{"limit_bytes":65536}}"#
            ),
            (.methodNotFound, #"{"code":-32601,"message":"Method not found"}"#),
            (
                .invalidParams(param: "limit", .range),
                #"{"code":-32602,"message":"Invalid params","data":{"param":"limit","problem":"range"}}"#
            ),
            (.internalError, #"{"code":-32603,"message":"Internal error"}"#),
            (
                .unavailable(retryAfterMilliseconds: 250, cause: "no answer from Redis"),
                #"{"code":-32001,"message":"unavailable","data":{"retry_after_ms":250,"cause":"no answer from Redis"}}"#
            ),
            (
                .forbidden(right: "list"),
                #"{"code":-32002,"message":"forbidden: needs the right 'list'","data":{"right":"list"}}"#
            ),
            (.positionLost(oldest: "a-1"), #"{"code":-32003,"message":"position_lost","data":{"oldest":"a-1"}}"#),
            (.positionLost(oldest: nil), #"{"code":-32003,"message":"position_lost","data":{"oldest":null}}"#),
            (
                .batchTooLong(limitRequests: 1000),
                #"{"code":-32600,"message":"Invalid Request","data":{"limit_requests":1000}}"#
            ),
            (
                .overloaded(retryAfterMilliseconds: 50),
                #"{"code":-32004,"message":"overloaded","data":{"retry_after_ms":50}}"#
            ),
        ] as [(RPCError, String)]
    )
    func errors(error: RPCError, written: String) {
        let answer = line { AnswerLine.failure(RawID(7), error, to: &$0) }
        #expect(answer == #"{"jsonrpc":"2.0","id":7,"error":\#(written)}"# + "\n")
    }

    @Test("An answer echoes the id and carries the result, in this order")
    func success() {
        let id = RawID(text: utf8("1.0")[...])
        #expect(
            line { AnswerLine.success(id, result: utf8("{}"), to: &$0) } == #"{"jsonrpc":"2.0","id":1.0,"result":{}}"#
                + "\n"
        )
        let written = line {
            AnswerLine.success(.null, to: &$0) {
                $0.beginObject()
                $0.key("authenticated")
                $0.bool(false)
                $0.endObject()
            }
        }
        #expect(written == #"{"jsonrpc":"2.0","id":null,"result":{"authenticated":false}}"# + "\n")
    }

    @Test("Lines are appended to what is there")
    func appending() {
        let lines = line {
            AnswerLine.success(RawID(1), result: utf8("1"), to: &$0)
            AnswerLine.success(RawID(2), result: utf8("2"), to: &$0)
        }
        #expect(lines == "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":2}\n")
    }

    @Test("A batch is one line, and none where nothing is answered")
    func batch() {
        #expect(line { BatchAnswer().finish(to: &$0) } == "")
        var batch = BatchAnswer()
        batch.failure(.null, .invalidRequest)
        batch.success(RawID(2), result: utf8("[1,2]"))
        #expect(
            line { batch.finish(to: &$0) }
                == #"[{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}},"#
                + #"{"jsonrpc":"2.0","id":2,"result":[1,2]}]"# + "\n"
        )
    }

    @Test("Notifications have the shapes of the protocol")
    func notifications() {
        #expect(
            line { AnswerLine.event(subscription: 1, event: utf8(#"{"id":"x"}"#), to: &$0) }
                == #"{"jsonrpc":"2.0","method":"event","params":{"subscription":1,"event":{"id":"x"}}}"# + "\n"
        )
        #expect(
            line { AnswerLine.heartbeat(subscription: 2, position: "a-1", to: &$0) }
                == #"{"jsonrpc":"2.0","method":"events.heartbeat","params":{"subscription":2,"position":"a-1"}}"# + "\n"
        )
        #expect(
            line { AnswerLine.closed(subscription: 3, error: .positionLost(oldest: nil), to: &$0) }
                == #"{"jsonrpc":"2.0","method":"events.closed","params":{"subscription":3,"error":"#
                + #"{"code":-32003,"message":"position_lost","data":{"oldest":null}}}}"# + "\n"
        )
    }
}
