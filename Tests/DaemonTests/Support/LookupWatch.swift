import SessiondClient
import Synchronization
import TestSupport
import Testing

/// Looks sessions up without pause while something is done to them and to the daemon, and holds every answer against what is
/// known to be true: nobody who is logged in is refused, nobody is let in longer than `--max-staleness` after the end.
final class LookupWatch: Sendable {
    /// What is known of a session since Redis has acknowledged it.
    private struct Truth {
        /// Nil for nobody.
        var user: String?
        var since: ContinuousClock.Instant
        /// It is being changed: any answer is right.
        var isUnsettled = false
        var version = 0
    }

    /// What was answered so far.
    struct Tally: Sendable {
        /// How often all sessions were looked up, on all connections together.
        var rounds = 0
        var authenticated = 0
        /// Of those, how many said that they may be old.
        var stale = 0
        var nobody = 0
        var unavailable = 0
        /// Wrong answers, in words: the first ones.
        var faults: [String] = []

        mutating func add(fault: String) {
            if faults.count < 10 { faults.append(fault) }
        }
    }

    private let stalenessMax: Duration
    private let truths: Mutex<[String: Truth]> = Mutex([:])
    private let tallied: Mutex<Tally> = Mutex(Tally())

    fileprivate init(stalenessMax: Duration) {
        self.stalenessMax = stalenessMax
    }

    var tally: Tally { tallied.withLock { $0 } }

    /// Changes sessions by `body`; when it returns they are `user`'s, or nobody's.
    func change(_ keys: [String], to user: String?, _ body: () async throws -> Void) async throws {
        truths.withLock { truths in
            for key in keys { truths[key, default: Truth(since: .now)].isUnsettled = true }
        }
        try await body()
        let now = ContinuousClock.now
        truths.withLock { truths in
            for key in keys {
                truths[key] = Truth(user: user, since: now, version: (truths[key]?.version ?? 0) + 1)
            }
        }
    }

    /// Waits until every session was looked up anew, and an answer has come that the condition counts.
    func waitForMore(_ what: String, _ count: @Sendable (Tally) -> Int) async throws {
        let before = tally
        try await eventually("more answers: \(what); so far \(tally)") {
            let tally = tally
            // The rounds that were under way do not count.
            return tally.rounds >= before.rounds + 2 * Rig.lookerCount && count(tally) > count(before)
        }
    }

    fileprivate func run(_ client: SessiondConnection) async throws {
        while !Task.isCancelled {
            for key in truths.withLock({ Array($0.keys) }).shuffled() { await look(key, client) }
            tallied.withLock { $0.rounds += 1 }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    private func look(_ key: String, _ client: SessiondConnection) async {
        let before = truths.withLock { $0[key] }
        let sentAt = ContinuousClock.now
        let result: Result<SessionIdentity, SessiondClientError>
        do throws(SessiondClientError) {
            result = .success(try await client.identity(of: key, timeout: .seconds(patienceSeconds)))
        } catch {
            result = .failure(error)
        }
        if Task.isCancelled { return }
        let after = truths.withLock { $0[key] }
        let isSettled = before?.version == after?.version && before?.isUnsettled == false && after?.isUnsettled == false
        tallied.withLock { tally in
            switch result {
            case .failure(.refused(let error)) where error.code == RemoteError.Code.unavailable: tally.unavailable += 1
            case .failure(let error): tally.add(fault: "\(error)")
            case .success(.nobody(let reason)):
                tally.nobody += 1
                guard isSettled, let user = before?.user else { return }
                tally.add(fault: "\(user) is refused as \(reason.rawValue)")
            case .success(.authenticated(let login)):
                tally.authenticated += 1
                if login.staleMilliseconds != nil { tally.stale += 1 }
                guard isSettled, let before, login.userID != before.user else { return }
                // An answer that says how old it may be was true then. The daemon counts whole milliseconds.
                let allowed = max(stalenessMax, .milliseconds(login.staleMilliseconds ?? 0)) + .milliseconds(2)
                let age = sentAt - before.since
                if age > allowed {
                    tally.add(fault: "\(login.userID) is let in \(age) after \(before.user ?? "the end")")
                }
            }
        }
    }
}

extension Rig {
    /// On how many connections lookups are made.
    fileprivate static let lookerCount = 2

    /// Looks up sessions on several connections while `body` runs, and expects that no answer was wrong.
    func watchingLookups(
        sourceLocation: SourceLocation = #_sourceLocation, _ body: (LookupWatch) async throws -> Void
    ) async throws {
        let watch = LookupWatch(stalenessMax: .seconds(stalenessMax))
        var lookers: [Task<Void, any Error>] = []
        for _ in 0..<Self.lookerCount {
            let client = try await daemon.connect()
            lookers.append(Task { try await watch.run(client) })
        }
        defer { for looker in lookers { looker.cancel() } }
        try await body(watch)
        let tally = watch.tally
        #expect(tally.faults == [], sourceLocation: sourceLocation)
        #expect(tally.authenticated > 0, sourceLocation: sourceLocation)
    }
}
