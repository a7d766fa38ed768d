package import SessionModel

/// The lines that the daemon sends: each appends one message and the LF that ends it.
package enum AnswerLine {
    /// The answer to a request; `result` is JSON text.
    package static func success(_ id: RawID, result: some Collection<UInt8>, to line: inout [UInt8]) {
        AnswerText.success(id, result: result, to: &line)
        line.append(0x0A)
    }

    /// The answer to a request, whose result is written by `result`: one value.
    package static func success(_ id: RawID, to line: inout [UInt8], writing result: (inout JSONWriter) -> Void) {
        AnswerText.write(to: &line) {
            $0.key("id")
            $0.raw(id.text)
            $0.key("result")
            result(&$0)
        }
        line.append(0x0A)
    }

    /// The refusal of a request.
    package static func failure(_ id: RawID, _ error: RPCError, to line: inout [UInt8]) {
        AnswerText.failure(id, error, to: &line)
        line.append(0x0A)
    }

    /// An event for a subscriber; `event` is JSON text.
    package static func event(subscription: Int, event: some Collection<UInt8>, to line: inout [UInt8]) {
        notification("event", subscription: subscription, to: &line) {
            $0.key("event")
            $0.raw(event)
        }
    }

    /// The promise that every matching event up to `position` was sent.
    ///
    /// - Parameter interrupted: why no events are recorded at present.
    package static func heartbeat(
        subscription: Int, position: String, interrupted: String? = nil, to line: inout [UInt8]
    ) {
        notification("events.heartbeat", subscription: subscription, to: &line) {
            $0.key("position")
            $0.string(position)
            guard let interrupted else { return }
            $0.key("interrupted")
            $0.string(interrupted)
        }
    }

    /// The end of a subscription that the subscriber did not ask for.
    package static func closed(subscription: Int, error: RPCError, to line: inout [UInt8]) {
        notification("events.closed", subscription: subscription, to: &line) {
            $0.key("error")
            error.write(to: &$0)
        }
    }

    private static func notification(
        _ method: StaticString,
        subscription: Int,
        to line: inout [UInt8],
        _ member: (inout JSONWriter) -> Void
    ) {
        AnswerText.write(to: &line) {
            $0.key("method")
            $0.string(method.description)
            $0.key("params")
            $0.beginObject()
            $0.key("subscription")
            $0.int(subscription)
            member(&$0)
            $0.endObject()
        }
        line.append(0x0A)
    }
}

/// Answers without the end of a line, as they stand in a batch.
enum AnswerText {
    static func success(_ id: RawID, result: some Collection<UInt8>, to bytes: inout [UInt8]) {
        write(to: &bytes) {
            $0.key("id")
            $0.raw(id.text)
            $0.key("result")
            $0.raw(result)
        }
    }

    static func failure(_ id: RawID, _ error: RPCError, to bytes: inout [UInt8]) {
        write(to: &bytes) {
            $0.key("id")
            $0.raw(id.text)
            $0.key("error")
            error.write(to: &$0)
        }
    }

    static func write(to bytes: inout [UInt8], _ members: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(appendingTo: bytes)
        bytes = []
        writer.beginObject()
        writer.key("jsonrpc")
        writer.string("2.0")
        members(&writer)
        writer.endObject()
        bytes = writer.bytes
    }
}
