import Foundation
import SessiondClient
import Synchronization

/// A Unix socket that plays a script to each client: the wire without a daemon.
final class ScriptedServer: Sendable {
    /// One accepted connection.
    struct Peer {
        fileprivate let descriptor: CInt

        /// Reads a line, without its end; nil at the end of the stream.
        func line() -> String? {
            var bytes: [UInt8] = []
            var byte: UInt8 = 0
            while read(descriptor, &byte, 1) == 1 {
                if byte == 0x0A {
                    return String(decoding: bytes, as: UTF8.self)
                }
                bytes.append(byte)
            }
            return nil
        }

        /// Sends a text as it is.
        func send(_ text: String) {
            send(Array(text.utf8))
        }

        /// Sends bytes as they are.
        func send(_ bytes: [UInt8]) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes {
                    Foundation.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
                guard sent > 0 else {
                    return
                }
                rest = rest.dropFirst(sent)
            }
        }

        /// Whether the client takes nothing for so long that it must have stopped reading.
        func isBlocked() -> Bool {
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            return poll(&entry, 1, 300) == 0
        }

        /// Answers the line that asked, with its id.
        func answer(_ line: String?, _ result: String) {
            send(#"{"jsonrpc":"2.0","id":\#(id(of: line)),"result":\#(result)}"# + "\n")
        }

        /// Refuses the line that asked, with its id.
        func refuse(_ line: String?, _ error: String) {
            send(#"{"jsonrpc":"2.0","id":\#(id(of: line)),"error":\#(error)}"# + "\n")
        }

        /// The id of a request line.
        func id(of line: String?) -> Int {
            request(line)["id"] as? Int ?? -1
        }

        /// The params of a request line.
        func params(of line: String?) -> [String: Any] {
            request(line)["params"] as? [String: Any] ?? [:]
        }

        /// The method of a request line.
        func method(of line: String?) -> String {
            request(line)["method"] as? String ?? ""
        }

        private func request(_ line: String?) -> [String: Any] {
            let object = try? JSONSerialization.jsonObject(with: Data((line ?? "").utf8))
            return object as? [String: Any] ?? [:]
        }
    }

    let path: String
    private let folder: String
    private let listener: CInt

    /// Listens, and calls `script` with each client, one after the other, and its number, on a thread of its own. The connection is
    /// closed when the script returns.
    init(_ script: @escaping @Sendable (Peer, Int) -> Void) {
        folder = NSTemporaryDirectory() + "sdc-\(UInt32.random(in: 0...(.max)))"
        path = folder + "/s"
        mkdir(folder, 0o700)
        listener = Self.listen(path)
        Thread.detachNewThread { [listener] in
            for number in 0... {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else {
                    // Closed here and not by `deinit`, which could make this thread accept on another server's number.
                    Foundation.close(listener)
                    return
                }
                // A client that keeps silent makes the test fail, not hang.
                var patience = timeval(tv_sec: 20, tv_usec: 0)
                setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
                script(Peer(descriptor: descriptor), number)
                Foundation.close(descriptor)
            }
        }
    }

    /// A client of this server that waits for long where a test is about something else than time: machines are slow and shared.
    func connect() async throws(SessiondClientError) -> SessiondConnection {
        try await SessiondConnection.connect(path: path, timeout: .seconds(30))
    }

    deinit {
        shutdown(listener, CInt(SHUT_RDWR))
        unlink(path)
        rmdir(folder)
    }

    /// A listening socket at a path.
    static func listen(_ path: String) -> CInt {
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        Foundation.listen(descriptor, 16)
        return descriptor
    }
}

/// What a script has seen, for the test to look at.
final class Notes: Sendable {
    private let notes = Mutex<[String]>([])

    func add(_ note: String) {
        notes.withLock { $0.append(note) }
    }

    var all: [String] {
        notes.withLock { $0 }
    }

    /// Waits until `condition` holds; false after a generous time.
    func wait(until condition: ([String]) -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(20)
        while !condition(all) {
            guard ContinuousClock.now < deadline else {
                return false
            }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return true
    }
}

/// The text of an event.
func eventText(_ number: Int, type: String = "dev.sessiond.login", data: String = #"{"user_id":"42"}"#) -> String {
    #"{"specversion":"1.0","id":"\#(eventID(number))","source":"urn:uuid:0","type":"\#(type)","#
        + #""time":"2026-12-07T09:30:00.123Z","subject":"7d1a54127b222502f5b79b5fb0803061","datacontenttype":"application/json","#
        + #""data":\#(data)}"#
}

/// The id of an event.
func eventID(_ number: Int) -> String {
    "000001988a3c5d20-" + String(repeating: "0", count: 16 - String(number).count) + String(number)
}

/// The line that sends an event to a subscription.
func eventLine(_ number: Int, subscription: Int = 1) -> String {
    #"{"jsonrpc":"2.0","method":"event","params":{"subscription":\#(subscription),"event":\#(eventText(number))}}"#
        + "\n"
}
