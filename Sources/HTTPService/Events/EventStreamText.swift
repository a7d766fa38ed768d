import SessionModel

/// What stands in a stream of events, as `text/event-stream` of the HTML standard.
enum EventStreamText {
    /// How long a browser waits before it connects again, in milliseconds.
    private static let retryMilliseconds = 2000

    /// The beginning: an id alone moves the reader's position and is no event to it.
    static func opening(position: EventID?, to output: inout [UInt8]) {
        output += "retry: \(retryMilliseconds)\n".utf8
        if let position { output += "id: \(position)\n".utf8 }
        output += "\n".utf8
    }

    static func event(_ event: RecordedEvent, to output: inout [UInt8]) {
        output += "id: \(event.id)\n".utf8
        if let type = type(of: event.json) { output += "event: ".utf8 + type + "\n".utf8 }
        output += "data: ".utf8
        // JSON text has no line ends: they are escaped in it.
        output += event.json
        output += "\n\n".utf8
    }

    /// Everything up to the position was sent or does not match; and why nothing is recorded at present.
    static func heartbeat(position: EventID?, interrupted: String?, to output: inout [UInt8]) {
        output += ": heartbeat\n".utf8
        if let interrupted {
            output += ": interrupted: \(interrupted.split(whereSeparator: \.isNewline).joined(separator: " "))\n".utf8
        }
        if let position { output += "id: \(position)\n".utf8 }
        output += "\n".utf8
    }

    /// The end: what follows the position is lost.
    ///
    /// - Parameter newest: where a browser that comes back goes on; without it, it would ask for the lost position again.
    static func positionLost(_ lost: PositionLost, newest: EventID, to output: inout [UInt8]) {
        var json = JSONWriter()
        json.object(of: lost)
        output += "id: \(newest)\nevent: closed\ndata: ".utf8
        output += json.bytes
        output += "\n\n".utf8
    }

    /// The type that stands in an event's JSON. Nothing that comes from outside stands before it there.
    private static func type(of json: [UInt8]) -> ArraySlice<UInt8>? {
        guard let mark = json.firstRange(of: Array(#""type":""#.utf8)) else { return nil }
        return json[mark.upperBound...].prefix { $0 != UInt8(ascii: "\"") }
    }
}
