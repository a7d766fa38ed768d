/// A JSON string as its UTF-8 bytes, compared bytewise.
///
/// `String` compares by canonical equivalence, so that two different session keys could be equal; bytes cannot.
package struct JSONString: Hashable, Sendable {
    /// The decoded text. A lone surrogate escape, such as `"\ud800"`, stands as the three bytes that UTF-8 forbids for it;
    /// `isUnicode` is false then.
    package let utf8: ArraySlice<UInt8>

    /// Whether `utf8` is valid UTF-8: false where the text had an escape for half of a surrogate pair.
    package let isUnicode: Bool

    /// A string of bytes that are known to be valid UTF-8, unless `isUnicode` says otherwise.
    package init(utf8: ArraySlice<UInt8>, isUnicode: Bool = true) {
        self.utf8 = utf8
        self.isUnicode = isUnicode
    }

    /// The string of a Swift text.
    package init(_ text: String) {
        self.init(utf8: ArraySlice(text.utf8))
    }

    /// The text; lone surrogates become U+FFFD.
    package var string: String {
        String(decoding: utf8, as: UTF8.self)
    }

    /// Whether the bytes are those of `text`.
    package static func == (string: JSONString, text: StaticString) -> Bool {
        text.withUTF8Buffer { string.utf8.elementsEqual($0) }
    }
}
