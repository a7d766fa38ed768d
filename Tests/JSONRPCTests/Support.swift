import JSONRPC

/// The bytes of a text.
func utf8(_ text: String) -> [UInt8] {
    Array(text.utf8)
}

/// The text of bytes.
func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self)
}

/// The value of a text, read to a depth of 32.
func scan(_ bytes: some Sequence<UInt8>) throws(JSONError) -> JSONValue {
    try JSONScanner.value(of: Array(bytes)[...], depthMax: 32)
}
