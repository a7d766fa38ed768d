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

    @Test("A number that can be anybody's names neither the daemon's user nor whom a rule is for, and that is said")
    func unmapped() {
        let policy = PeerPolicy(
            daemonUID: 65534,
            rules: [
                PeerPolicy.Rule(.user(65534), [.list]), PeerPolicy.Rule(.group(65533), [.revoke]),
                PeerPolicy.Rule(.group(100), [.observe]),
            ], unmapped: UnmappedAccounts(uid: 65534, gid: 65533))
        #expect(policy.grant(to: peer(65534, gid: 65533, groups: [65533])).rights == .identify)
        #expect(policy.grant(to: peer(65534, gid: 100)).rights == [.observe])
        #expect(policy.grant(to: peer(0, gid: 5)).rights == .all)
        #expect(policy.warnings.count == 3)
        #expect(PeerPolicy(daemonUID: 17, unmapped: UnmappedAccounts(uid: 65534, gid: 65534)).warnings.isEmpty)
        // Where every number is somebody's own, this one is, too.
        #expect(PeerPolicy(daemonUID: 65534).grant(to: peer(65534)).rights == .all)
    }

    @Test(
        "Whether everybody has a number is read of the kernel, and where it cannot be read nobody is taken for somebody",
        arguments: [
            ("         0          0 4294967295\n", nil), ("0 0 2147483647\n2147483647 2147483647 2147483648\n", nil),
            ("65534 0 1\n", 61234), ("0 100000 65536\n", 61234), ("", 61234), (nil, 61234),
        ] as [(String?, UInt32?)])
    func maps(map: String?, expected: UInt32?) {
        let accounts = UnmappedAccounts { $0.hasSuffix("_map") ? map : "61234\n" }
        #expect(accounts == UnmappedAccounts(uid: expected, gid: expected))
        let unknown = UnmappedAccounts { $0.hasSuffix("_map") ? map : nil }
        #expect(unknown.uid == expected.map { _ in 65534 })
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
