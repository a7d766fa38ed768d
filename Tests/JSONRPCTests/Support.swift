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

/// A generator whose sequence its seed decides, so that a failure can be had again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        // SplitMix64.
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
