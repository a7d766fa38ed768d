import SessionModel
import Testing

@testable import HTTPService

/// Paths and queries.
@Suite struct RequestTests {
    @Test(
        "A path leads somewhere or nowhere",
        arguments: [
            ("/auth", .auth), ("/auth?rd=/x", .auth), ("/envoy", .auth), ("/envoy/shop/basket?a=1", .auth),
            ("/identity", .identity), ("/events?after=", .events), ("/healthz", .healthz), ("/readyz", .readyz),
            ("/metrics", .metrics), ("/", .page), ("/?x=1", .page), ("/status", .status),
            ("/sessions?limit=1", .sessions), ("/history", .history), ("/auth/", nil), ("/authx", nil),
            ("/envoyx", nil), ("/AUTH", nil),
            ("//auth", nil), ("/%61uth", nil), ("/x/../auth", nil),
        ] as [(String, Route?)])
    func routes(_ uri: String, route: Route?) throws {
        #expect(Route(path: try #require(RequestTarget(uri)).path) == route)
    }

    @Test("What is no path is no target", arguments: ["*", "", "http://localhost/auth", "auth", "localhost:80"])
    func noPath(_ uri: String) {
        #expect(RequestTarget(uri) == nil)
    }

    @Test("Parameters are decoded")
    func parameters() throws {
        let target = try #require(RequestTarget("/events?user_id=%C3%A9+1%2B&after=&&types=a%2cb"))
        #expect(
            try target.parameters(["user_id", "after", "types"])
                == QueryParameters(["user_id": "é 1+", "after": "", "types": "a,b"]))
    }

    @Test(
        "Unknown, repeated and broken parameters are refused",
        arguments: ["a=1", "after=1&after=2", "after=%", "after=%4", "after=%zz", "after=%+1", "after=%ff"])
    func badParameters(_ query: String) throws {
        let target = try #require(RequestTarget("/events?\(query)"))
        #expect(throws: RequestTarget.QueryError.self) { try target.parameters(["after"]) }
    }

    @Test("A key that was put into a URL is not repeated in the refusal")
    func keyInQuery() throws {
        let target = try #require(RequestTarget("/events?secretkey=secretvalue"))
        let error = #expect(throws: RequestTarget.QueryError.self) { try target.parameters(["after"]) }
        #expect(error?.problem.contains("secret") == false)
    }

    @Test("Last-Event-ID beats the position in the URL, which an old page still has")
    func positions() throws {
        let older = EventID(run: 1, sequence: 1)
        let newer = EventID(run: 1, sequence: 2)
        let target = try #require(RequestTarget("/events?after=\(older)"))
        #expect(try EventRequest(target, lastEventID: nil).start == .after(older))
        #expect(try EventRequest(target, lastEventID: "").start == .after(older))
        #expect(try EventRequest(target, lastEventID: "\(newer)").start == .after(newer))
        #expect(throws: RequestTarget.QueryError.self) { try EventRequest(target, lastEventID: "nonsense") }
        let oldest = try #require(RequestTarget("/events?after="))
        #expect(try EventRequest(oldest, lastEventID: nil).start == .oldest)
        let now = try #require(RequestTarget("/events"))
        #expect(try EventRequest(now, lastEventID: nil).start == nil)
    }

    @Test("Filters are those of the socket")
    func filters() throws {
        let session = String(repeating: "ab", count: 16)
        let target = try #require(
            RequestTarget("/events?types=dev.sessiond.login,dev.sessiond.logout&user_id=7&session=\(session)"))
        let filter = try EventRequest(target, lastEventID: nil).filter
        #expect(filter.types == [.login, .logout])
        #expect(filter.userID == UserID("7"))
        #expect(filter.sessions == [try #require(Fingerprint(session))])
        for query in ["types=nonsense", "session=abc"] {
            let target = try #require(RequestTarget("/events?\(query)"))
            #expect(throws: RequestTarget.QueryError.self) { try EventRequest(target, lastEventID: nil) }
        }
    }
}
