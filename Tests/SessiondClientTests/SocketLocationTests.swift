import Testing

@testable import SessiondClient

@Suite struct SocketLocationTests {
    private let all = ["RUNTIME_DIRECTORY": "/run/a:/run/b", "XDG_RUNTIME_DIR": "/run/user/1000/"]

    @Test("Where no socket is there, the first place of all is named")
    func nothingThere() {
        #expect(SocketLocation.path(environment: all) { _ in false } == "/run/a/sessiond.sock")
        #expect(SocketLocation.path(environment: [:]) { _ in false } == "/run/sessiond/sessiond.sock")
    }

    @Test("Unset, empty and relative folders are no places")
    func oddFolders() {
        for folder in ["", ":", "run", "./run", ":/run/b"] {
            let environment = ["RUNTIME_DIRECTORY": folder, "XDG_RUNTIME_DIR": folder]
            let path = SocketLocation.path(environment: environment) { _ in false }
            #expect(path == (folder == ":/run/b" ? "/run/b/sessiond.sock" : "/run/sessiond/sessiond.sock"))
        }
    }

    @Test(
        "The first place where something is wins",
        arguments: [
            "/run/a/sessiond.sock", "/run/sessiond/sessiond.sock", "/run/user/1000/sessiond/sessiond.sock",
        ]
    )
    func order(there: String) {
        #expect(SocketLocation.path(environment: all) { $0 == there } == there)
        #expect(SocketLocation.path(environment: all) { _ in true } == "/run/a/sessiond.sock")
    }

    @Test("A path in SESSIOND_SOCKET goes before every place, an empty one does not")
    func named() {
        let named = all.merging(["SESSIOND_SOCKET": "/x.sock"]) { $1 }
        #expect(SocketLocation.path(environment: named) { _ in true } == "/x.sock")
        let empty = all.merging(["SESSIOND_SOCKET": ""]) { $1 }
        #expect(SocketLocation.path(environment: empty) { _ in true } == "/run/a/sessiond.sock")
    }
}
