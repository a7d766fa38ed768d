/// MessagePack's values without parts, as the contract writes them.
extension Rendering {
    /// Writes a token that is no container. Whether it is a plain JSON string; nil where Python refuses its bytes.
    mutating func append(_ token: MessagePackToken) -> Bool? {
        switch token {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let magnitude, let isNegative):
            append(integer: Array(String(magnitude).utf8)[...], isNegative: isNegative)
        case .float(let value): append(float: value)
        case .text(let text): return append(pythonText: text)
        case .bytes(let bytes): append(pythonBytes: bytes)
        case .ext(MessagePackTimestamp.code, let data):
            guard let timestamp = MessagePackTimestamp(data) else { return nil }
            append(timestamp)
        case .ext(let code, let data):
            // ExtType takes no negative code.
            guard code >= 0 else { return nil }
            append(#"{"$py":"object","cls":"msgpack.ext.ExtType","attrs":{"code":"#)
            append(Array(String(code).utf8)[...])
            append(#","data":"#)
            append(pythonBytes: data)
            append("}}")
        case .list, .map: return nil
        }
        return false
    }

    private mutating func append(pythonBytes bytes: ArraySlice<UInt8>) {
        append(#"{"$py":"bytes","b64":""#)
        append(base64: bytes)
        append(#""}"#)
    }

    /// As Python shows a timestamp, whose class has slots and so no state of its own.
    private mutating func append(_ timestamp: MessagePackTimestamp) {
        append(#"{"$py":"object","cls":"msgpack.ext.Timestamp","attrs":"Timestamp(seconds="#)
        append(Array(String(timestamp.seconds).utf8)[...])
        append(", nanoseconds=")
        append(Array(String(timestamp.nanoseconds).utf8)[...])
        append(#")"}"#)
    }
}
