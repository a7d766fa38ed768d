import Foundation
import SessionModel
import SessiondClient
import Testing

@testable import Doctor

@Suite struct SocketTests {
    private static let examination = SocketExamination(path: "/run/s.sock", database: 0)

    @Test(
        "Why the socket cannot be used is told by what it is",
        arguments: [
            (SessiondClientError.noSocket(path: "/s"), FindingID.socketAbsent, Finding.Level.note),
            (.nobodyListens(path: "/s"), .socketDead, .warning),
            (.permissionDenied(path: "/s", group: "web"), .socketForbidden, .error),
            (.permissionDenied(path: "/s", group: nil), .socketForbidden, .error),
            (.timedOut(method: "server.info", after: .seconds(5)), .socketSilent, .warning),
            (.connectionClosed, .socketSilent, .warning),
        ])
    func errors(error: SessiondClientError, id: FindingID, level: Finding.Level) {
        let finding = Self.examination.finding(error)
        #expect(finding.id == id && finding.level == level)
        #expect(!finding.mend.isEmpty)
    }

    @Test("Who may join a group is told which")
    func group() {
        let finding = Self.examination.finding(.permissionDenied(path: "/s", group: "the web"))
        #expect(finding.mend == ["sudo usermod -aG 'the web' \"$USER\"    # and log in again"])
    }

    private static func answer(
        state: String = "live", database: Int = 0, _ agreement: SocketExamination.Agreement,
        rights: String = #"["identify"]"#
    ) throws -> SocketExamination.Answer {
        let info = """
            {"name":"sessiond","version":"1.2","protocol":1,"limits":{"request_bytes_max":1,"answer_bytes_max":1,
            "session_key_bytes_max":1,"page_count_max":1,"subscriptions_per_connection_max":1,"json_depth_max":1},
            "rights":\(rights),"peer":{"uid":33,"gid":33,"pid":1}}
            """
        let status = """
            {"version":"1.2","run":"0","uptime_seconds":1,"link":{"state":"\(state)","epoch":1,"proven":true,
            "notifications":"verified","database":\(database),"reconnects":0,"last_error":"it broke"},
            "sessions":{"authenticated":0,"anonymous":0,"invalid":0,"unreadable":0,"users":0,"ignored_keys":0},
            "cache":{"hits":0,"misses":0,"fetches":0,"overtaken":0,"stale_found":0},"memory":{"resident_bytes":1},
            "journal":{"kind":"memory","source":"s","position":"p","events":0,"backlog":0},
            "clients":{"connections":1,"subscriptions":0,"requests":1,"refused":0}}
            """
        return .init(
            info: try JSONDecoder().decode(ServerInfo.self, from: Data(info.utf8)),
            status: try JSONDecoder().decode(ServerStatus.self, from: Data(status.utf8)), agreement: agreement)
    }

    @Test(
        "What the daemon knows of the sessions here is judged",
        arguments: [
            (SocketExamination.Agreement.same(count: 2), FindingID.socketAgrees, Finding.Level.ok),
            (.unknown(count: 2), .socketElsewhere, .error), (.otherUser, .socketElsewhere, .error),
            (.invalid, .socketOtherKeys, .error), (.unreadable, .socketOtherKeys, .error),
            (.uncompared, .socketUncompared, .note),
        ])
    func agreements(agreement: SocketExamination.Agreement, id: FindingID, level: Finding.Level) throws {
        let findings = Self.examination.findings(try Self.answer(agreement))
        #expect(findings.map(\.id) == [.socketAnswers, id])
        #expect(findings.last?.level == level)
        #expect(findings.first?.what == "sessiond 1.2 answers at /run/s.sock; this user (uid 33) may identify")
    }

    @Test("A link that is not live, another database, and nobody's rights are told")
    func links() throws {
        let lost = Self.examination.findings(try Self.answer(state: "backing_off", .unknown(count: 3)))
        #expect(lost.map(\.id) == [.socketAnswers, .socketLink])
        #expect(lost.last?.what == "its link to Redis is backing_off: it broke")
        let other = Self.examination.findings(try Self.answer(database: 4, .same(count: 1)))
        #expect(other.map(\.id) == [.socketAnswers, .socketElsewhere])
        let poor = Self.examination.findings(try Self.answer(.uncompared, rights: "[]"))
        #expect(poor.first?.what.hasSuffix("may nothing") == true)
    }
}
