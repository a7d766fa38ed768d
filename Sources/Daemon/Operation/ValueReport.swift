import DjangoSession
import SessionModel

/// What `sessiond decode` says of one stored value.
package struct ValueReport: Sendable {
    /// One line of JSON, without its end.
    package let json: [UInt8]
    /// Whether the value is a session.
    package let isSession: Bool

    /// Decodes a value.
    package init(of value: [UInt8], with settings: DecoderSettings) {
        do throws(DecodeError) {
            json = Self.text(of: try settings.decoder.decode(value))
            isSession = true
        } catch {
            json = Self.text(reason: error.reason, why: Self.hint(for: value, with: settings) ?? "\(error.why)")
            isSession = false
        }
    }

    /// What to say of a value that would be a session but for the line feed at its end, which redis-cli and echo add.
    private static func hint(for value: [UInt8], with settings: DecoderSettings) -> String? {
        guard value.last == UInt8(ascii: "\n"), (try? settings.decoder.decode(Array(value.dropLast()))) != nil else {
            return nil
        }
        return "a line feed follows the value, as redis-cli and echo add one; without it, it is a session: "
            + "pipe it through `head -c -1`"
    }

    private static func text(of session: DecodedSession) -> [UInt8] {
        var json = JSONWriter(capacity: session.data.count + 256)
        json.beginObject()
        json.member("ok", true)
        json.key("user_id")
        if let userID = session.userID { json.string(userID) } else { json.null() }
        json.key("backend")
        if let backend = session.backend { json.string(backend) } else { json.null() }
        json.member("layout", session.layout.rawValue)
        json.member("serializer", session.serializer.rawValue)
        json.member("compression", session.compression.rawValue)
        json.key("key")
        if let index = session.keyIndex { json.int(index) } else { json.null() }
        json.key("signed_at")
        if let signedAt = session.signedAt { json.string(Timestamp.seconds(ofSeconds: signedAt)) } else { json.null() }
        json.key("data")
        json.raw(session.data)
        json.endObject()
        return json.bytes
    }

    private static func text(reason: String, why: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("ok", false)
        json.member("reason", reason)
        json.member("why", why)
        json.endObject()
        return json.bytes
    }
}
