/// The `id` of a request as its own JSON text, so that it is echoed byte for byte: `1.0` stays `1.0`.
package struct RawID: Hashable, Sendable {
    /// The JSON text of a string, a number or `null`.
    package let text: ArraySlice<UInt8>

    /// An id of JSON text that is known to be a string, a number or `null`.
    package init(text: ArraySlice<UInt8>) {
        self.text = text
    }

    /// The id of answers to what could not be understood.
    package static let null = RawID(text: [0x6E, 0x75, 0x6C, 0x6C])

    /// A number as an id.
    package init(_ number: Int) {
        text = ArraySlice(String(number).utf8)
    }
}
