import Daemon
import Foundation
import Testing

@testable import SessiondClient

/// A line of `Protocols/vectors/formats.ndjson`: an event, and how each format prints it.
struct FormatVector: CustomTestStringConvertible {
    let name: String
    let event: SessiondEvent
    /// The line for people.
    let text: String
    let ecs: String
    let ocsf: String

    var testDescription: String { name }

    private init(_ line: String) throws {
        let members = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        name = try #require(members["name"] as? String)
        text = try #require(members["text"] as? String)
        event = try SessiondEvent(json: Array(Self.sorted(try #require(members["event"])).utf8)[...])
        ecs = try Self.sorted(try #require(members["ecs"]))
        // The product's version is of whichever sessiond prints it.
        ocsf = try Self.sorted(try #require(members["ocsf"]))
            .replacing(#""version":"0.1.0"}"#, with: #""version":"\#(SessionDaemon.version)"}"#)
    }

    static func all() throws -> [FormatVector] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "Protocols/vectors/formats.ndjson"), encoding: .utf8)
        return try text.split(separator: "\n").map { try FormatVector(String($0)) }
    }

    /// JSON text with its members in the order of their names, since their order means nothing.
    static func sorted(_ json: [UInt8]) throws -> String {
        try sorted(try JSONSerialization.jsonObject(with: Data(json)))
    }

    private static func sorted(_ value: Any) throws -> String {
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try JSONSerialization.data(withJSONObject: value, options: options), as: UTF8.self)
    }
}
