import Foundation
import Testing

@testable import SessiondClient

/// What a daemon may say, for tests of how it is shown.
enum Samples {
    /// 2026-12-07T09:30:00Z.
    static let now = Date(timeIntervalSince1970: 1_796_635_800)

    /// The example of the published schema, with some members changed: by paths such as `link.state`.
    static func status(_ changes: [String: Any] = [:]) throws -> ServerStatus {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let schema = try JSONSerialization.jsonObject(
            with: Data(contentsOf: root.appending(path: "Protocols/schemas/server.status.result.json")))
        let examples = try #require((schema as? [String: Any])?["examples"] as? [[String: Any]])
        var status = try #require(examples.first)
        for (path, value) in changes {
            let names = path.split(separator: ".").map(String.init)
            guard names.count == 2 else {
                status[path] = value
                continue
            }
            var part = try #require(status[names[0]] as? [String: Any])
            part[names[1]] = value
            status[names[0]] = part
        }
        return try Wire.decode(
            ServerStatus.self, from: Array(JSONSerialization.data(withJSONObject: status)), "a status")
    }

    /// An event that occurred so many seconds ago.
    static func event(
        _ type: String, secondsAgo: Double = 0, subject: String? = nil, _ data: [String: Any] = [:]
    ) throws -> SessiondEvent {
        var event: [String: Any] = [
            "id": "i", "source": "urn:x", "type": "dev.sessiond.\(type)",
            "time": now.addingTimeInterval(-secondsAgo).formatted(.iso8601), "data": data,
        ]
        event["subject"] = subject
        return try SessiondEvent(json: Array(JSONSerialization.data(withJSONObject: event))[...])
    }
}
