import Glibc

/// A socket that the service manager has opened and passed on, as sd_listen_fds(3) describes.
package struct PassedSocket: Equatable, Sendable {
    /// The descriptor, as it was inherited: not yet looked at.
    package let descriptor: CInt
    /// `FileDescriptorName=` of the socket's unit; systemd takes the unit's name where it has none.
    package let name: String

    /// The environment variables that tell of them. A process that is started from here must not take them for its own.
    package static let variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]

    /// The descriptors begin behind standard input, output and error.
    private static let firstDescriptor: CInt = 3
    /// More sockets than anybody wants, and few enough that their numbers are descriptors.
    private static let countMax = 64

    /// What was passed to the process `pid`; nothing where the variables are not there, or are meant for another process.
    package static func all(
        environment: [String: String], pid: Int32
    ) throws(PassedSocketError) -> [PassedSocket] {
        guard let count = environment["LISTEN_FDS"], let owner = environment["LISTEN_PID"] else { return [] }
        guard let owner = Int32(owner) else { throw .badVariable("LISTEN_PID") }
        guard owner == pid else { return [] }
        guard let count = Int(count), count >= 0 else { throw .badVariable("LISTEN_FDS") }
        guard count <= countMax else { throw .tooMany(count, countMax: countMax) }
        let names = environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        return (0..<count).map { index in
            PassedSocket(
                descriptor: firstDescriptor + CInt(index), name: index < names.count ? String(names[index]) : "unknown"
            )
        }
    }
}

/// What is wrong with the variables that tell of passed sockets.
package enum PassedSocketError: Error, Equatable, CustomStringConvertible {
    case badVariable(String)
    case tooMany(Int, countMax: Int)

    package var description: String {
        switch self {
        case .badVariable(let variable):
            "$\(variable) is no number: unset LISTEN_PID and LISTEN_FDS where no service manager passes sockets"
        case .tooMany(let count, let countMax):
            "\(count) sockets are passed in $LISTEN_FDS, and at most \(countMax) are taken: name fewer in the socket unit"
        }
    }
}
