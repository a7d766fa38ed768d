import Foundation
import Testing

@testable import SessiondClient
@testable import sessiond

/// What `sessiond top` shows.
@Suite struct TopTests {
    private let look = Look(isTerminal: true, isColored: false, glyphs: .unicode)

    private func shown(_ view: TopView, columns: Int = 100, rows: Int = 40) -> [String] {
        view.lines(in: Window(columns: columns, rows: rows), at: Samples.now, look)
            .map { $0.rendered(in: look, columns: columns) }
    }

    @Test("Before the daemon has answered it says that it asks")
    func asking() {
        let lines = shown(TopView(path: "/run/sessiond.sock"))
        #expect(lines[0].hasPrefix("sessiond  · /run/sessiond.sock ") && lines[0].hasSuffix("q ends"))
        #expect(lines.contains("asking the daemon") && lines.contains("none yet"))
    }

    @Test("Lookups a second come from one status and the next, the hit rate from what came between")
    func rates() throws {
        var rates = LookupRates()
        #expect(rates.last == nil && rates.hitShare == nil)
        rates.take(try Samples.status(["cache.hits": 0, "cache.misses": 100]), at: 10)
        #expect(rates.last == nil && rates.hitShare == 0)
        rates.take(try Samples.status(["cache.hits": 300, "cache.misses": 200]), at: 12)
        #expect(rates.last == 200 && rates.hitShare == 0.75)
        // Nothing in between: of all since the start.
        rates.take(try Samples.status(["cache.hits": 300, "cache.misses": 200]), at: 13)
        #expect(rates.last == 0 && rates.hitShare == 0.6)
    }

    @Test("A daemon that was started anew, or was away, makes no rate")
    func restarts() throws {
        var rates = LookupRates()
        rates.take(try Samples.status(["cache.hits": 500, "cache.misses": 0]), at: 10)
        rates.take(try Samples.status(["run": "00000000000000ff", "cache.hits": 600, "cache.misses": 0]), at: 11)
        #expect(rates.values.isEmpty)
        rates.interrupt()
        rates.take(try Samples.status(["run": "00000000000000ff", "cache.hits": 700, "cache.misses": 0]), at: 99)
        #expect(rates.values.isEmpty)
        // Time that does not go on makes none either.
        rates.take(try Samples.status(["run": "00000000000000ff", "cache.hits": 800, "cache.misses": 0]), at: 99)
        #expect(rates.values.isEmpty)
    }

    @Test("The newest event stands first, and how long ago it was grows")
    func events() throws {
        var view = TopView(path: "")
        view.take(.update(.event(try Samples.event("login", secondsAgo: 5, ["user_id": "1"]))))
        view.take(.update(.event(try Samples.event("logout", secondsAgo: 2, ["user_id": "1"]))))
        let lines = shown(view)
        let first = try #require(lines.firstIndex(of: "last events")) + 1
        #expect(lines[first].hasPrefix("   2 s ago  - logout        1 "))
        #expect(lines[first + 1].hasPrefix("   5 s ago  + login         1 "))
    }

    @Test("Who may not see events is told so")
    func forbidden() throws {
        var view = TopView(path: "")
        let error = #"{"code":-32002,"message":"forbidden","data":{"right":"observe"}}"#
        view.eventsEnded(.refused(try #require(RemoteError(Array(error.utf8)[...]))))
        #expect(shown(view).contains("not shown: you lack the right `observe`"))
    }

    @Test("A daemon that is away leaves its last figures, under a word that it is away")
    func away() throws {
        var view = TopView(path: "")
        view.take(try Samples.status(["sessions.users": 7]), at: 1)
        view.daemonLost(.connectionClosed)
        #expect(shown(view)[1] == "the daemon is away: the connection to it is lost")
        #expect(shown(view).contains("users     7 online"))
        view.take(try Samples.status(["sessions.users": 8]), at: 2)
        #expect(shown(view)[1].hasPrefix("live · lag 0.4 ms · database 0 · 0 reconnects"))
    }

    @Test("A right that is missing is not called an absent daemon")
    func noFigures() throws {
        var view = TopView(path: "")
        let error = #"{"code":-32002,"message":"forbidden","data":{"right":"identify"}}"#
        view.daemonLost(.refused(try #require(RemoteError(Array(error.utf8)[...]))))
        #expect(shown(view)[1] == "no figures: you lack the right `identify`")
    }

    @Test("In any window there are no more lines than rows, and none is wider")
    func windows() throws {
        var view = TopView(path: "/a/rather/long/path/to/a/socket")
        view.take(try Samples.status(["link.last_error": String(repeating: "日", count: 300)]), at: 1)
        for _ in 0..<400 { view.take(.update(.event(try Samples.event("login", ["user_id": "日本語"])))) }
        for columns in [1, 2, 5, 20, 80, 500] {
            for rows in [1, 2, 3, 6, 10, 24, 600] {
                let lines = shown(view, columns: columns, rows: rows)
                #expect(lines.count <= rows)
                #expect(lines.allSatisfy { $0.columnCount <= columns })
            }
        }
    }

    @Test("In a low window events are not pushed out by figures")
    func low() throws {
        var view = TopView(path: "")
        view.take(try Samples.status(), at: 1)
        view.take(.update(.event(try Samples.event("login", ["user_id": "1"]))))
        let lines = shown(view, rows: 10)
        #expect(lines.count <= 10)
        #expect(lines.contains { $0.contains("+ login") })
        #expect(lines.contains { $0.hasPrefix("lookups") })
    }
}
