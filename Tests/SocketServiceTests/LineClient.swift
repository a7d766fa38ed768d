import Glibc
import TestSupport

/// A client that sends bytes and reads lines, with nothing between. It never blocks: tests share few threads.
final class LineClient: @unchecked Sendable {
    private var descriptor: CInt
    private var buffer: [UInt8] = []
    private var start = 0

    struct Closed: Error {}

    /// - Parameter descriptor: connected; the client closes it.
    init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { throw Closed() }
    }

    deinit {
        hangUp()
    }

    /// Closes the connection, read or not.
    func hangUp() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    func send(_ text: String) async throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count < 0, errno == EAGAIN {
                try await Task.sleep(for: .milliseconds(1))
            } else if count > 0 {
                bytes = bytes.dropFirst(count)
            } else {
                return
            }
        }
    }

    /// Sends no more, but goes on reading.
    func closeWriting() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// The next line.
    ///
    /// - Throws: ``Closed`` at the end, `Timeout` when nothing comes.
    func line() async throws -> String {
        var taken: String?
        try await eventually("a line") {
            taken = try takeLine()
            return taken != nil
        }
        return taken ?? ""
    }

    func lines(_ count: Int) async throws -> [String] {
        var lines: [String] = []
        while lines.count < count { lines.append(try await line()) }
        return lines
    }

    /// A line that has come already, or nil.
    private func takeLine() throws -> String? {
        while true {
            if let end = buffer[start...].firstIndex(of: 0x0A) {
                defer { start = end + 1 }
                return String(decoding: buffer[start..<end], as: UTF8.self)
            }
            buffer.removeSubrange(..<start)
            start = 0
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN { return nil }
            guard count > 0 else { throw Closed() }
            buffer += chunk[..<count]
        }
    }
}
