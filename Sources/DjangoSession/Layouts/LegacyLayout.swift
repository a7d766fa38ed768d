/// `base64(hex(HMAC-SHA1) + ":" + payload)`, as Django writes sessions up to 3.0 (`SessionBase.encode`, `_legacy_encode` in
/// 3.1 and 3.2; django/contrib/sessions/backends/base.py). Django 1.4 breaks the base64 into lines. Never compressed.
struct LegacyLayout {
    /// The text where the code in lower-case hex belongs: what comes before the first colon.
    let signatureText: ArraySlice<UInt8>
    /// The serialized session, which the code is over.
    let payload: ArraySlice<UInt8>

    /// Nil unless the value is base64 of something with a colon. Bytes above ASCII are skipped like other junk, or refused.
    init?(_ value: [UInt8], skipsJunkAboveASCII: Bool) {
        guard skipsJunkAboveASCII || value.allSatisfy({ $0 < 0x80 }),
            let decoded = try? Base64.decode(value[...], as: .standard),
            let colon = decoded.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        signatureText = decoded[..<colon]
        payload = decoded[(colon + 1)...]
    }

    /// The code in `signatureText`; nil unless it is 40 lower-case hex digits, since Django compares the texts.
    var signature: [UInt8]? {
        guard signatureText.count == 40 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20)
        var high: UInt8?
        for character in signatureText {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }
}
