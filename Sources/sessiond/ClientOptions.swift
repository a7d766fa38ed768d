import ArgumentParser
import Foundation
import SessiondClient

/// The options of every command that asks the daemon.
struct ClientOptions: ParsableArguments {
    /// Where the socket is looked for.
    static let places = """
        Also $SESSIOND_SOCKET. Without either, the first that exists of $RUNTIME_DIRECTORY/sessiond.sock, \
        /run/sessiond/sessiond.sock and $XDG_RUNTIME_DIR/sessiond/sessiond.sock.
        """

    @Option(
        help: ArgumentHelp(
            "The daemon's socket.",
            discussion: Self.places,
            valueName: "path"
        ),
        completion: .file()
    )
    var socket: String?

    @Flag(name: .customLong("json"), help: "Print JSON as the daemon sends it, for programs. Also $SESSIOND_JSON=true.")
    var isJSONAsked = false

    /// Whether to print JSON.
    var wantsJSON: Bool {
        isJSONAsked || EnvironmentFlag.isSet("SESSIOND_JSON", in: ProcessInfo.processInfo.environment)
    }

    /// Runs `body` with a connection to the daemon; says on standard error why something could not be done, and exits with 2 then.
    func withConnection(_ body: (SessiondConnection) async throws -> Void) async throws {
        try await Failure.reported {
            let connection = try await SessiondConnection.connect(path: socket)
            try await body(connection)
            await connection.close()
        }
    }
}

extension SessiondConnection {
    /// The result of a method as JSON text, for params of a type.
    func call(_ method: String, _ params: some Encodable) async throws -> [UInt8] {
        try await call(method, params: Array(JSONEncoder().encode(params)))
    }
}
