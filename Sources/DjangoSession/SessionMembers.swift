/// The top-level members of a session's rendered data, in their order, without a tree.
///
/// Trusts that the bytes were rendered by this target: anything else gives members that mean nothing, but never traps.
package struct SessionMembers: Sequence, Sendable {
    private let data: [UInt8]

    /// Members of `DecodedSession.data`.
    package init(_ data: [UInt8]) {
        self.data = data
    }

    /// One member: where its name and its value stand.
    package struct Element: Sendable {
        /// The name as JSON text with its quotes. Equal names have equal bytes. A name with lone surrogates is a tagged object.
        package let quotedName: ArraySlice<UInt8>
        /// The value as JSON text.
        package let value: ArraySlice<UInt8>

        /// The name as text; of a name with lone surrogates, its tagged object.
        package var name: String {
            RenderedText.string(quotedName) ?? String(decoding: quotedName, as: UTF8.self)
        }
    }

    /// Members from the first on; walking them costs one pass over the data.
    package func makeIterator() -> Iterator { Iterator(data) }

    /// A place among the members.
    package struct Iterator: IteratorProtocol {
        private let data: [UInt8]
        private let isTagged: Bool
        private var at: Int

        /// A session with a name that is no plain string is `{"$py":"dict","v":[[name,value],…]}`.
        fileprivate init(_ data: [UInt8]) {
            self.data = data
            isTagged = data.starts(with: Rendering.taggedDictOpening)
            at = isTagged ? Rendering.taggedDictOpening.count : 1
        }

        /// The next member, nil after the last.
        package mutating func next() -> Element? {
            // `at` is on a name, or in a tagged session on the pair's bracket; at the end it is on what closes the session.
            let nameStart = isTagged ? at + 1 : at
            guard nameStart < data.count, data[at] == UInt8(ascii: isTagged ? "[" : "\"") else { return nil }
            let nameEnd = RenderedText.endOfValue(in: data, from: nameStart)
            let valueStart = Swift.min(nameEnd + 1, data.count)
            let valueEnd = RenderedText.endOfValue(in: data, from: valueStart)
            at = valueEnd + (isTagged ? 2 : 1)
            return Element(quotedName: data[nameStart..<nameEnd], value: data[valueStart..<valueEnd])
        }
    }
}
