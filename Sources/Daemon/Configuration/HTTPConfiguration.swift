package import HTTPService
import Listening
package import NIOCore
import SessionModel

/// The HTTP door, where one is wanted: where it is, and what it gives.
package struct HTTPConfiguration: Sendable {
    package var place: Place
    package var settings: HTTPSettings

    package enum Place: Sendable {
        case port(SocketAddress)
        case file(path: String, mode: UInt32, group: UInt32?)
    }

    /// Nil without `--http`. What else is given is checked all the same.
    init?(_ options: OptionReader, _ socketLimits: Limits) throws(ConfigurationError) {
        let mode = try SocketConfiguration.mode(options.text(.httpMode)) { .badValue(option: .httpMode, problem: $0) }
        let group = try SocketConfiguration.group(options.text(.httpGroup)) {
            .badValue(option: .httpGroup, problem: $0)
        }
        let rights = try PeerRules.rights(options.words(.httpRights) ?? ["identify"]) {
            .badValue(option: .httpRights, problem: $0)
        }
        guard rights.isSubset(of: [.identify, .list, .observe]) else {
            throw .badValue(
                option: .httpRights, problem: "over HTTP there are identify, list and observe, and no other rights")
        }
        let cookieName = try Self.cookieName(options)
        let hosts = options.words(.httpHosts) ?? []
        if let host = hosts.first(where: { !HostCheck.isName($0) }) {
            throw .badValue(option: .httpHosts, problem: "\(host) is no name or address; leave a port out")
        }
        var limits = HTTPLimits()
        limits.connectionsMax = try options.integer(
            .maxHTTPConnections, default: limits.connectionsMax, in: 1...100_000)
        limits.pageCountMax = socketLimits.pageCountMax
        limits.pageCountDefault = socketLimits.pageCountDefault
        limits.requestsInFlightMax = socketLimits.requestsInFlightPerUIDMax
        limits.unreadMilliseconds = socketLimits.unreadMilliseconds
        limits.headMilliseconds = socketLimits.unfinishedLineMilliseconds
        if socketLimits.idleMilliseconds > 0 { limits.idleMilliseconds = socketLimits.idleMilliseconds }
        limits.heartbeatMilliseconds = Int64(socketLimits.heartbeatSeconds) * 1000
        guard let text = options.text(.http), !text.isEmpty else { return nil }
        var address: SocketAddress?
        if text.hasPrefix("/") {
            place = .file(path: text, mode: mode, group: group)
        } else {
            let port = try Self.port(text)
            address = port
            place = .port(port)
        }
        settings = HTTPSettings(
            rights: rights, cookieName: cookieName, hosts: HostCheck(bound: address?.ipAddress, further: hosts),
            limits: limits)
    }

    /// How many open files it may take.
    var filesMax: Int { settings.limits.connectionsMax + HTTPFigures.refusingMax }

    /// What is to be said of a door that is open to more than this host.
    var warnings: [String] {
        guard case .port(let address) = place, let ip = address.ipAddress, !Self.isLoopback(ip) else { return [] }
        return [
            """
            --http \(ip) can be reached from other hosts, without TLS: whoever reaches it may \
            \(settings.rights.names.joined(separator: " and ")). Prefer 127.0.0.1 or a Unix socket
            """
        ]
    }

    private static func isLoopback(_ ip: String) -> Bool { ip.hasPrefix("127.") || ip == "::1" }

    private static func cookieName(_ options: OptionReader) throws(ConfigurationError) -> String {
        let name = options.text(.httpCookie) ?? "sessionid"
        guard !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !Array("=;,\"".utf8).contains($0) })
        else {
            throw .badValue(option: .httpCookie, problem: "it is no name of a cookie (Django's SESSION_COOKIE_NAME)")
        }
        return name
    }

    private static func port(_ text: String) throws(ConfigurationError) -> SocketAddress {
        if let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) {
            var host = String(text[..<colon])
            if host == "localhost" { host = "127.0.0.1" }
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = String(host.dropFirst().dropLast())
            } else if host.contains(":") {
                host = ""
            }
            if let address = try? SocketAddress(ipAddress: host, port: Int(port)) { return address }
        }
        throw .badValue(option: .http, problem: "expected 127.0.0.1:PORT, [::1]:PORT or the path of a Unix socket")
    }
}

extension HTTPConfiguration {
    /// Opens the door.
    func open() throws(HTTPDoorError) -> ListeningSocket {
        do throws(ListeningSocketError) {
            switch place {
            case .port(let address): return try .bind(address)
            case .file(let path, let mode, let group): return try .bind(path: path, mode: mode, group: group)
            }
        } catch {
            throw HTTPDoorError(cause: error)
        }
    }
}

/// Why the HTTP door cannot be opened, and what to do.
package struct HTTPDoorError: Error, CustomStringConvertible {
    let cause: ListeningSocketError

    /// The options of the door have the names of the socket's.
    package var description: String { "--http: " + "\(cause)".replacing("--socket", with: "--http") }
}
