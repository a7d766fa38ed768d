package import RESP
package import SessionModel

extension StoredValue {
    /// The longest time to live that is passed on, about 8,000 years: Redis allows some that no clock can be added to.
    private static let timeToLiveMax: Int64 = 253_402_300_799_999

    /// The same, with the first bytes alone of a string that is longer than so many.
    package func cut(behind byteCountMax: Int) -> StoredValue {
        guard case .string(let bytes) = content, bytes.count > byteCountMax else { return self }
        var value = self
        value.content = .long(Array(bytes.prefix(byteCountMax)))
        return value
    }

    /// Nil where the replies do not fit together: no value, but a time to live. GETRANGE has the empty string for no value.
    ///
    /// - Parameters:
    ///   - value: GETRANGE's or GET's.
    ///   - timeToLive: PTTL's: milliseconds, −1 for never, −2 for no such key.
    ///   - isRange: the value is GETRANGE's.
    package init?(value: RESPValue, timeToLive: RESPValue, isRange: Bool = false, askedAt: Int64) {
        let milliseconds: Int64 = if case .integer(let number) = timeToLive { number } else { -2 }
        let content: Content
        switch (value, milliseconds) {
        case (_, -2): content = .absent
        case (.string([]), _) where isRange: return nil
        case (.string(let bytes), _): content = .string(bytes)
        case (.error, _): content = .otherType
        default: return nil
        }
        let expiry = milliseconds < 0 ? Expiry.never : .after(milliseconds: min(milliseconds, Self.timeToLiveMax))
        self.init(content: content, expiry: expiry, askedAt: askedAt)
    }
}
