/// Why a text is not the JSON that is wanted.
package enum JSONError: Error, Hashable, Sendable {
    /// The bytes are no UTF-8.
    case notUTF8
    /// The text breaks the grammar of RFC 8259 at this byte, counted from the first of the text.
    case grammar(offset: Int)
    /// Arrays and objects are nested deeper than allowed.
    case tooDeep(depthMax: Int)
}
