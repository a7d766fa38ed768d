import SessionModel
import Testing

@testable import SocketService

/// Who may do what, and what becomes of those who are connected when that changes.
@Suite struct PeerPolicyTests {
    private func peer(_ uid: UInt32, gid: UInt32 = 100, groups: [UInt32] = []) -> Peer {
        Peer(pid: 1, uid: uid, gid: gid, groups: groups)
    }

    @Test("Rules that fit add up; where none does, everybody has the same")
    func rules() {
        let policy = PeerPolicy(
            daemonUID: 17,
            rules: [
                PeerPolicy.Rule(.user(1), [.identify]), PeerPolicy.Rule(.group(100), [.list]),
                PeerPolicy.Rule(.group(200), [.observe]), PeerPolicy.Rule(.user(2), []),
            ], others: [.read])
        #expect(policy.grant(to: peer(0)).rights == .all)
        #expect(policy.grant(to: peer(17)).rights == .all)
        #expect(policy.grant(to: peer(1)).rights == [.identify, .list])
        #expect(policy.grant(to: peer(3, gid: 5, groups: [7, 200])).rights == [.observe])
        #expect(policy.grant(to: peer(3, gid: 5)).rights == [.read])
        // Whom a rule gives nothing has nothing.
        #expect(policy.grant(to: peer(2, gid: 5)).rights == [])
    }

    @Test("Views add up; a rule that does not say leaves the socket's")
    func views() {
        let policy = PeerPolicy(
            daemonUID: 17,
            rules: [
                PeerPolicy.Rule(.user(1), [.read], exposed: ["a"]),
                PeerPolicy.Rule(.group(100), [.read], exposed: ["b"]),
                PeerPolicy.Rule(.user(2), [.read]), PeerPolicy.Rule(.user(3), [.read], exposed: []),
            ], view: .exposing(["c"]))
        func shown(_ uid: UInt32, _ gid: UInt32) -> [String] {
            ["a", "b", "c", "_auth_user_hash"].filter { policy.grant(to: peer(uid, gid: gid)).view.shows($0) }
        }
        #expect(shown(1, 100) == ["a", "b"])
        #expect(shown(1, 5) == ["a"])
        #expect(shown(2, 5) == ["c"])
        #expect(shown(3, 5) == [])
        #expect(shown(0, 0) == ["c"])
    }

    @Test("No view shows a credential, whatever it names")
    func credentials() {
        let view = DataView.exposing(["_auth_user_hash", "_csrftoken", "_messages", "a"])
        #expect(["_auth_user_hash", "_csrftoken", "_messages", "a"].filter(view.shows) == ["_messages", "a"])
        #expect(["_auth_user_hash", "_csrftoken", "_messages", "a"].filter(DataView.standard.shows) == ["a"])
    }

    @Test("What replaces a policy holds from then on, and whoever has asked can see that")
    func replacement() {
        let access = AccessControl(PeerPolicy(daemonUID: 17))
        #expect(access.grant(to: peer(9)).rights == .identify)
        let version = access.version
        access.replace(by: PeerPolicy(daemonUID: 17, others: []))
        #expect(access.grant(to: peer(9)).rights == [] && access.version != version)
    }
}
