/// `[.]base64url(payload):base62(time):base64url(signature)`, as `signing.dumps` writes sessions since Django 3.1
/// (django/core/signing.py). A leading `.` says that the payload is compressed with zlib.
///
/// Only the shape is read here; nothing is believed before a key fits `signed`.
struct SigningLayout {
    /// What the signature is over: everything before the last colon.
    let signed: ArraySlice<UInt8>
    /// The payload's base64, with its leading point.
    let body: ArraySlice<UInt8>
    /// Seconds since 1970 in base 62.
    let timestamp: ArraySlice<UInt8>
    /// The text of the signature, of any length.
    let signatureText: ArraySlice<UInt8>

    /// Nil unless there are two colons: Django splits at the last, twice.
    init?(_ value: [UInt8]) {
        guard let last = value.lastIndex(of: colon),
            let middle = value[..<last].lastIndex(of: colon)
        else { return nil }
        signed = value[..<last]
        body = value[..<middle]
        timestamp = value[(middle + 1)..<last]
        signatureText = value[(last + 1)...]
    }

    /// The code in `signatureText`, where the text is exactly what Django writes for some code.
    ///
    /// Django compares the texts, so another spelling of the same bytes (padding, spare bits) is no signature.
    var signature: Signature? {
        switch signatureText.count {
        case 43: Base64.canonicalURL(signatureText).map(Signature.sha256)
        case 27: Base64.canonicalURL(signatureText).map(Signature.sha1)
        default: nil
        }
    }

    /// A code by its hash: SHA-256, or SHA-1 as 3.1 and 3.2 write it with `DEFAULT_HASHING_ALGORITHM = 'sha1'` elsewhere
    /// and accept it here.
    enum Signature {
        case sha256([UInt8])
        case sha1([UInt8])
    }

    /// True where the value consists of the characters of a signed value, so that a misfit is a matter of the signature.
    static func hasAlphabet(of value: [UInt8]) -> Bool {
        value.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "="), colon,
                point:
                true
            default: false
            }
        }
    }

    /// The time of signing; nil where the number is too large to hold, which Django does not mind.
    func signedAt() throws(DecodeError.Why) -> Int64? {
        try Base62.decode(timestamp)
    }

    /// The serialized session.
    func payload(
        bounds: DecodeBounds
    ) throws(DecodeError.Why) -> (bytes: [UInt8], compression: DecodedSession.Compression) {
        guard body.first == point else {
            let bytes = try Base64.decode(body, as: .urlSafe)
            guard bytes.count <= bounds.expandedBytes else { throw .bound(.expandedBytes, limit: bounds.expandedBytes) }
            return (bytes, .none)
        }
        let compressed = try Base64.decode(body.dropFirst(), as: .urlSafe)
        return (try Zlib.decompress(compressed[...], limit: bounds.expandedBytes), .zlib)
    }
}

private let colon = UInt8(ascii: ":")
private let point = UInt8(ascii: ".")
