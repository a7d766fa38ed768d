import SessiondClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct CallTests {
    private func error<Value>(
        of body: () async throws(SessiondClientError) -> Value
    ) async -> SessiondClientError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("A connection that ends in the middle of an answer fails the call, and every later one")
    func closedInTheMiddle() async throws {
        let server = ScriptedServer { peer, _ in
            _ = peer.line()
            peer.send(#"{"jsonrpc":"2.0","id":1,"res"#)
        }
        let connection = try await server.connect()
        #expect(await error { () throws(SessiondClientError) in try await connection.status() } == .connectionClosed)
        #expect(await error { () throws(SessiondClientError) in try await connection.status() } == .connectionClosed)
    }

    @Test(
        "What is no answer ends the connection with an error that repeats nothing of it",
        arguments: [
            "not json secret\n", "[]\n", "{\"secret\":1}\n", "\n", #"{"id":1,"error":"secret"}"# + "\n",
        ]
    )
    func garbage(line: String) async throws {
        let server = ScriptedServer { peer, _ in
            _ = peer.line()
            peer.send(line)
            _ = peer.line()
        }
        let connection = try await server.connect()
        let error = await error { () throws(SessiondClientError) in try await connection.status() }
        guard case .unintelligible = error else {
            Issue.record("unintelligible, not \(String(describing: error))")
            return
        }
        #expect(error?.description.contains("secret") == false)
    }

    @Test("A result of another shape is an error that repeats nothing of it")
    func wrongShape() async throws {
        let server = ScriptedServer { peer, _ in
            while let line = peer.line() {
                peer.answer(line, #"{"authenticated":"secret"}"#)
            }
        }
        let connection = try await server.connect()
        let error = await error { () throws(SessiondClientError) in try await connection.identity(of: "k") }
        #expect(error == .unintelligible(what: "a result of session.identity"))
    }

    @Test("A call that gets no answer ends in time, and its late answer disturbs nobody")
    func timeout() async throws {
        let server = ScriptedServer { peer, _ in
            let late = peer.line()
            let next = peer.line()
            peer.answer(late, #"{"authenticated":true}"#)
            peer.answer(next, #"{"authenticated":false,"reason":"unknown"}"#)
            _ = peer.line()
        }
        let connection = try await server.connect()
        let timeout = Duration.milliseconds(20)
        let error = await error { () throws(SessiondClientError) in
            try await connection.identity(of: "k", timeout: timeout)
        }
        #expect(error == .timedOut(method: "session.identity", after: timeout))
        #expect(try await connection.identity(of: "k") == .nobody(.unknown))
    }

    @Test("A cancelled task gets no answer, whether cancelled before or while it waits")
    func cancellation() async throws {
        let notes = Notes()
        let server = ScriptedServer { peer, _ in
            while let line = peer.line() {
                notes.add(line)
            }
        }
        let connection = try await server.connect()
        let waiting = Task { await error { () throws(SessiondClientError) in try await connection.status() } }
        #expect(await notes.wait { $0.count == 1 })
        waiting.cancel()
        #expect(await waiting.value == .cancelled)
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await error { () throws(SessiondClientError) in try await connection.status() }
        }
        #expect(await early.value == .cancelled)
    }

    @Test("A request that is too long is not sent")
    func requestTooLong() async throws {
        let notes = Notes()
        let server = ScriptedServer { peer, _ in
            while let line = peer.line() {
                notes.add(peer.method(of: line))
                peer.answer(line, "{}")
            }
        }
        let connection = try await server.connect()
        let key = String(repeating: "k", count: 70_000)
        let error = await error { () throws(SessiondClientError) in try await connection.identity(of: key) }
        #expect(error == .requestTooLong(byteCountMax: 65_536))
        #expect(try await connection.call("server.info") == Array("{}".utf8))
        #expect(notes.all == ["server.info"])
    }

    @Test(
        "A refusal tells what to do",
        arguments: [
            (
                #"{"code":-32001,"message":"unavailable","data":{"retry_after_ms":250,"cause":"no answer"}}"#,
                "no answer"
            ),
            (
                #"{"code":-32002,"message":"forbidden: needs the right 'list'","data":{"right":"list"}}"#,
                "not the right 'list'"
            ),
            (#"{"code":-32003,"message":"position_lost","data":{"oldest":"a-1"}}"#, "oldest event held is a-1"),
            (#"{"code":-32003,"message":"position_lost","data":{"oldest":null}}"#, "no event is held"),
            (
                #"{"code":-32602,"message":"Invalid params","data":{"param":"limit","problem":"range"}}"#,
                "'limit': range"
            ),
            (#"{"code":-32601,"message":"Method not found"}"#, "older"),
            (#"{"code":-1,"message":"something new","data":[1]}"#, "something new"),
        ]
    )
    func refusals(error text: String, words: String) async throws {
        let server = ScriptedServer { peer, _ in
            peer.refuse(peer.line(), text)
        }
        let connection = try await server.connect()
        let error = await error { () throws(SessiondClientError) in try await connection.status() }
        guard case .refused = error else {
            Issue.record("refused, not \(String(describing: error))")
            return
        }
        #expect(error?.description.contains(words) == true)
    }

    @Test("A refusal without an id fails all that wait")
    func refusalWithoutID() async throws {
        let server = ScriptedServer { peer, _ in
            _ = peer.line()
            peer.send(#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}}"# + "\n")
            _ = peer.line()
        }
        let connection = try await server.connect()
        guard
            case .refused(let refusal) = await error(of: { () throws(SessiondClientError) in
                try await connection.status()
            })
        else {
            Issue.record("refused")
            return
        }
        #expect(refusal.code == -32600)
    }

    @Test("Answers find their calls in any order, in one read or in halves")
    func anyOrder() async throws {
        let count = 50
        let server = ScriptedServer { peer, _ in
            let lines = (0..<count).map { _ in peer.line() }
            let answers = lines.shuffled().map { line in
                let key = peer.params(of: line)["session_key"] as? String ?? ""
                return #"{"jsonrpc":"2.0","id":\#(peer.id(of: line)),"result":"\#(key)"}"#
            }
            // CR LF is accepted; cuts fall anywhere.
            let bytes = Array((answers.joined(separator: "\r\n") + "\n").utf8)
            var rest = bytes[...]
            while !rest.isEmpty {
                peer.send(Array(rest.prefix(37)))
                rest = rest.dropFirst(37)
            }
            _ = peer.line()
        }
        let connection = try await server.connect()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    let result = try await connection.call(
                        "session.identity",
                        params: Array("{\n\"session_key\":\"k\(number)\"}".utf8)
                    )
                    #expect(String(decoding: result, as: UTF8.self) == "\"k\(number)\"")
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("Closing the connection ends the calls that wait")
    func close() async throws {
        let notes = Notes()
        let server = ScriptedServer { peer, _ in
            while let line = peer.line() {
                notes.add(line)
            }
        }
        let connection = try await server.connect()
        let waiting = Task { await error { () throws(SessiondClientError) in try await connection.status() } }
        #expect(await notes.wait { $0.count == 1 })
        await connection.close()
        #expect(await waiting.value == .connectionClosed)
    }

    @Test("A connection that nobody holds is closed")
    func dropped() async throws {
        let notes = Notes()
        let server = ScriptedServer { peer, _ in
            notes.add(peer.line() == nil ? "end" : "line")
        }
        _ = try await server.connect()
        #expect(await notes.wait { $0 == ["end"] })
    }
}
