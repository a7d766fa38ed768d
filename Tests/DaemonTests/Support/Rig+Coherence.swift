import DjangoSession
import SessiondClient
import TestSupport
import Testing

/// Whether the daemon is of one mind with Redis.
extension Rig {
    /// How many identities are asked for at most.
    private static let identityCountMax = 100

    /// Waits until nothing is under way and expects that the list, the events and the identities are what Redis holds.
    ///
    /// To be called when nobody writes any more.
    func expectCoherence(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        var difference = ""
        do {
            try await eventually("coherence") {
                difference = try await self.difference()
                return difference.isEmpty
            }
        } catch is Timeout {
            Issue.record("not coherent: \(difference); the daemon says: \(daemon.log)", sourceLocation: sourceLocation)
            return
        }
        let presence = Presence(try await events())
        #expect(presence.faults == [], sourceLocation: sourceLocation)
        for (key, user) in try await stored().prefix(Self.identityCountMax) {
            // Where a connection is lost once more, that is no answer.
            var answer: SessionIdentity?
            try await eventually("an answer") {
                answer = try? await identity(key)
                return answer != nil
            }
            #expect(answer?.userID == user, "\(key)", sourceLocation: sourceLocation)
        }
    }

    /// In words what the daemon says otherwise than Redis; empty where it says the same.
    private func difference() async throws -> String {
        let status = try await client.status()
        guard status.link.state == "live" else { return "the link is \(status.link.state)" }
        let stored = try await stored()
        let users = Dictionary(uniqueKeysWithValues: stored.map { (Rig.fingerprint($0.key), $0.user) })
        let listed = try await listed()
        guard listed == users else {
            return "\(listed.count) sessions are listed, \(users.count) stored: \(listed), \(users)"
        }
        guard status.sessions.authenticated == users.count, status.sessions.users == Set(users.values).count else {
            return "the status counts \(status.sessions)"
        }
        let told = Presence(try await events()).users
        return told == users ? "" : "\(told.count) sessions are told of, \(users.count) stored"
    }

    /// The sessions in Redis with somebody logged in, at one moment.
    private func stored() async throws -> [(key: String, user: String)] {
        let script = """
            local found = {} \
            for _, key in ipairs(redis.call('KEYS', 'django_sessions:*')) do \
            if redis.call('TYPE', key).ok == 'string' then \
            found[#found + 1] = key found[#found + 1] = redis.call('GET', key) end end \
            return found
            """
        let lines = try await redis.command("EVAL", script, "0").split(separator: "\n")
        let decoder = SessionDecoder(verification: .keys([SecretKey(Array(Rig.secretKey.utf8))]))
        return stride(from: 0, to: lines.count - 1, by: 2).compactMap { index in
            guard let user = (try? decoder.decode(Array(lines[index + 1].utf8)))?.userID else { return nil }
            return (String(lines[index].dropFirst("django_sessions:".count)), user)
        }
    }

    /// The user of every session that the daemon lists.
    private func listed() async throws -> [String: String] {
        var users: [String: String] = [:]
        var after: String?
        repeat {
            let page = try await client.sessions(limit: 1000, after: after)
            for session in page.sessions { users[session.session] = session.userID }
            after = page.next
        } while after != nil
        return users
    }
}
