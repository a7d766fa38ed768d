import NIOCore
import RESP
import SessionModel
import TestSupport
import Testing

@testable import RedisTransport

/// The parts of the link that decide something.
@Suite struct LinkPartsTests {
    @Test(
        "Missing flags are added behind those that are there, and none is dropped",
        arguments: [
            ("", "Kg$xe", "Kg$xe"), ("KEA", "", "KEA"), ("AK", "", "AK"), ("K", "g$xe", "Kg$xe"),
            ("Elz", "Kg$xe", "ElzKg$xe"),
            ("Kg$x", "e", "Kg$xe"), ("A", "K", "AK"), ("Kmn", "g$xe", "Kmng$xe"),
        ]
    )
    func flags(text: String, missing: String, completed: String) {
        let flags = NotificationFlags(text: text)
        #expect(flags.missing == missing)
        #expect(flags.completed == completed)
    }

    @Test("The pause before the next attempt doubles up to its maximum, with jitter, and begins anew after a success")
    func backoff() {
        var generator = SeededGenerator(seed: 7)
        var backoff = Backoff()
        var ceiling = Backoff.firstMilliseconds
        for _ in 0..<20 {
            let pause = Double(backoff.next(using: &generator))
            #expect(pause >= (ceiling / 2).rounded(.down) && pause <= ceiling)
            ceiling = min(ceiling * 2, Backoff.maximumMilliseconds)
        }
        let isReset = backoff.resetIfStood(milliseconds: .max)
        #expect(isReset)
        let first = Double(backoff.next(using: &generator))
        #expect(first <= Backoff.firstMilliseconds)
    }

    @Test("A connection that ends as soon as it stands, again and again, is no success")
    func flapping() {
        var generator = SeededGenerator(seed: 7)
        var backoff = Backoff()
        for _ in 0..<20 {
            _ = backoff.next(using: &generator)
            let isReset = backoff.resetIfStood(milliseconds: 10)
            #expect(!isReset)
        }
        let longest = Double(backoff.next(using: &generator))
        #expect(longest >= Backoff.maximumMilliseconds / 2)
        let isReset = backoff.resetIfStood(milliseconds: Int64(Backoff.maximumMilliseconds))
        #expect(isReset)
        let first = Double(backoff.next(using: &generator))
        #expect(first <= Backoff.firstMilliseconds)
    }

    @Test("A value and its time to live make an answer; where they do not fit together there is none")
    func storedValues() {
        func stored(_ value: RESPValue, _ timeToLive: Int64) -> StoredValue? {
            StoredValue(value: value, timeToLive: .integer(timeToLive), askedAt: 9)
        }
        #expect(stored(.null, -2) == StoredValue(content: .absent, expiry: .never, askedAt: 9))
        #expect(stored(.string([1]), -2)?.content == .absent)
        #expect(stored(.string([1]), -1) == StoredValue(content: .string([1]), expiry: .never, askedAt: 9))
        #expect(stored(.string([1]), 70)?.expiry == .after(milliseconds: 70))
        #expect(stored(.null, 70) == nil)
        #expect(stored(.null, -1) == nil)
        #expect(stored(.error(Array("WRONGTYPE Operation".utf8)), -1)?.content == .otherType)
    }

    @Test(
        "A refusal tells what to do, and repeats nothing that was sent",
        arguments: [
            (
                "GET", "ERR unknown command 'GET', with args beginning with: 'django_sessions:secret'",
                "Redis refused GET"
            ),
            ("GETRANGE", "NOAUTH Authentication required.", "wants a password"),
            ("AUTH", "WRONGPASS invalid username-password pair", "refused the user name or password"),
            ("AUTH", "ERR AUTH <password> called without any password configured", "does the server have a password"),
            ("SELECT", "ERR DB index is out of range", "no such database"),
            (
                "PSUBSCRIBE", "NOPERM this user has no permissions to access one of the channels",
                "may not run PSUBSCRIBE"
            ),
            ("PING", "LOADING Redis is loading the dataset in memory", "still loading"),
        ]
    )
    func refusals(command: String, reply: String, words: String) {
        let failure = RedisFailure(refusing: command, .error(Array(reply.utf8)))
        #expect("\(failure)".contains(words))
        #expect(!"\(failure)".contains("secret"))
    }

    @Test("The proof is asked for four times in --max-staleness")
    func proofInterval() throws {
        let endpoint = try RedisEndpoint(url: "redis://h")
        func interval(_ stalenessMax: Int64) -> Int64 {
            LinkSettings(
                endpoint: endpoint, keyPattern: .default, stalenessMax: stalenessMax, timeout: .seconds(5),
                mayConfigureRedis: true
            ).proofInterval.nanoseconds / 1_000_000
        }
        #expect(interval(1000) == 250)
        #expect(interval(50) == 12)
        #expect(interval(60_000) == 1000)
    }
}
