/// A line of the daemon, as its client reads it.
package enum ServerLine: Sendable {
    /// The result of a request, as JSON text.
    case result(RawID, ArraySlice<UInt8>)
    /// The refusal of a request, or, with an id of null, of something that the daemon could not read. The text is the error object.
    case refusal(RawID, ArraySlice<UInt8>)
    /// Something told unasked.
    case notification(method: JSONString, params: ArraySlice<UInt8>)
    /// JSON, but nothing of these. Batches are here too: whoever reads with this sends none.
    case other

    /// Reads a line without its end.
    package static func parse(_ line: [UInt8], depthMax: Int) throws(JSONError) -> ServerLine {
        guard line.first(where: { $0 != 0x20 }) == UInt8(ascii: "{") else {
            _ = try JSONScanner.value(of: line[...], depthMax: depthMax)
            return .other
        }
        let message = try JSONObjectText(line[...], depthMax: depthMax)
        if let id = message["id"].map(RawID.init(text:)) {
            if let result = message["result"] {
                return .result(id, result)
            }
            return message["error"].map { .refusal(id, $0) } ?? .other
        }
        guard let text = message["method"], let params = message["params"],
            case .string(let method) = try JSONScanner.value(of: text, depthMax: 1)
        else {
            return .other
        }
        return .notification(method: method, params: params)
    }
}
