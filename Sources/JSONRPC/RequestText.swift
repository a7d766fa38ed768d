import SessionModel

/// The lines that a client sends.
package enum RequestText {
    /// A request and the LF that ends it. `params` is the JSON text of an object; a line break in it, which JSON allows between
    /// its parts, becomes a space.
    package static func line(id: Int, method: String, params: some Sequence<UInt8>) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("jsonrpc")
        writer.string("2.0")
        writer.key("id")
        writer.int(id)
        writer.key("method")
        writer.string(method)
        writer.key("params")
        writer.raw(params.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
        writer.endObject()
        return writer.bytes + [0x0A]
    }
}
