import DjangoSession
package import SessionModel

/// A large value that is to be read whole and decoded, on a thread that nobody waits for.
///
/// The loop that decides everything decodes what is small, as nearly all sessions are. A value that is long, or turns out to
/// expand to much, is set aside:
/// ```
///   sent ──reply: long, or beyond DecodeBounds.brief──▶ aside ──taken──▶ sent whole ──decoded elsewhere──▶ completed
/// ```
/// A few of them are under way at a time, each by a question of its own, so that they take a bounded share of memory, and
/// others' questions are answered in between.
package struct WholeFetch: Sendable {
    package let key: SessionKey
    /// Tells this question from others about the key.
    let number: UInt64
    /// The entry before, if an equal value need not be decoded again.
    let reusableDigest: Int?
    /// The entry's data, if somebody wants to know which members change; and the digest of its value.
    let dataBefore: [UInt8]?
    let digestBefore: Int?
    let reader: ValueReader

    /// Decodes what Redis answered. To be called on any thread; may take a second.
    package func read(_ value: StoredValue) -> ReadValue {
        var read = decoded(value)
        switch value.content {
        case .absent: break
        case .string(let bytes): read.byteCount = bytes.count
        // Longer than any session, and passed over as far as one could be.
        case .otherType, .long: read.byteCount = .max
        }
        return read
    }

    private func decoded(_ value: StoredValue) -> ReadValue {
        switch value.content {
        case .absent: return ReadValue(.absent, of: value)
        case .otherType, .long: return ReadValue(.rejected(.unreadable, nil), of: value)
        case .string(let bytes):
            let digest = Hasher.digest(of: bytes)
            guard digest != reusableDigest else { return ReadValue(.unchanged, valueDigest: digest, of: value) }
            var read = ReadValue(
                ReadValue.Content(decoding: bytes, by: reader.decoder), valueDigest: digest, of: value)
            if let dataBefore, case .session(let session, _) = read.content {
                read.changedNames =
                    session.data == dataBefore ? [] : SessionContent.changedNames(from: dataBefore, to: session.data)
            }
            return read
        }
    }
}
