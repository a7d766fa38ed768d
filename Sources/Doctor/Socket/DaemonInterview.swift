import DjangoSession
import NIOCore
import SessionModel
import SessiondClient

/// Asks a running daemon what it is, and about some sessions that were just read in Redis.
struct DaemonInterview {
    let examination: SocketExamination
    let timeout: Duration

    /// How many sessions it is asked about.
    private static let sessionCountMax = 3

    func findings(_ sample: SessionSample?, _ decoder: SessionDecoder) async -> [Finding] {
        do throws(SessiondClientError) {
            let connection = try await SessiondConnection.connect(path: examination.path, timeout: timeout)
            let answer = SocketExamination.Answer(
                info: try await connection.info(), status: try await connection.status(),
                agreement: try await agreement(connection, sample, decoder))
            await connection.close()
            return examination.findings(answer)
        } catch {
            return [examination.finding(error)]
        }
    }

    private func agreement(
        _ connection: SessiondConnection, _ sample: SessionSample?, _ decoder: SessionDecoder
    ) async throws(SessiondClientError) -> SocketExamination.Agreement {
        var answers: [SocketExamination.Agreement] = []
        for (key, userID) in loggedIn(sample, decoder) {
            do throws(SessiondClientError) {
                answers.append(Self.compare(try await connection.identity(of: key, confirm: true), userID))
            } catch .refused {
                // It cannot ask Redis now, or this user may not ask.
                continue
            }
        }
        // Sessions may end, and users change, between the two questions: one that agrees counts for more.
        let same = answers.count { $0 == .same(count: 1) }
        if same > 0 { return .same(count: same) }
        if answers.allSatisfy({ $0 == .unknown(count: 1) }), !answers.isEmpty { return .unknown(count: answers.count) }
        return answers.first { $0 != .unknown(count: 1) } ?? .uncompared
    }

    private static func compare(_ identity: SessionIdentity, _ userID: String) -> SocketExamination.Agreement {
        switch identity {
        case .authenticated(let login): login.userID == userID ? .same(count: 1) : .otherUser
        case .nobody(.invalid): .invalid
        case .nobody(.unreadable): .unreadable
        case .nobody(.anonymous): .otherUser
        case .nobody: .unknown(count: 1)
        }
    }

    /// Sessions that somebody is logged in to, those first that live longest.
    private func loggedIn(_ sample: SessionSample?, _ decoder: SessionDecoder) -> [(key: String, userID: String)] {
        let living = (sample?.entries ?? []).sorted { Self.lifetime($0) > Self.lifetime($1) }
        let logins = living.lazy.compactMap { entry -> (key: String, userID: String)? in
            guard case .string(let bytes) = entry.value.content, let session = try? decoder.decode(bytes),
                let userID = session.userID
            else { return nil }
            return (String(decoding: entry.key.bytes, as: UTF8.self), userID)
        }
        return Array(logins.prefix(Self.sessionCountMax))
    }

    private static func lifetime(_ entry: SessionSample.Entry) -> Int64 {
        if case .after(let milliseconds) = entry.value.expiry { milliseconds } else { .max }
    }
}
