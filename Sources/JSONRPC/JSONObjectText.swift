/// An object of which only the members' places were read: each value stays the text that it was.
package struct JSONObjectText: Sendable {
    /// The members in their order, each with the text of its value.
    package let members: [(name: JSONString, text: ArraySlice<UInt8>)]

    /// Reads a text that holds one object. The whole text is checked; throws `grammar` too where it holds something else.
    package init(_ text: ArraySlice<UInt8>, depthMax: Int) throws(JSONError) {
        var scanner = try JSONScanner(text, depthMax: depthMax)
        var members: [(name: JSONString, text: ArraySlice<UInt8>)] = []
        try scanner.object(depth: 0) { scanner, name throws(JSONError) in
            members.append((name, try scanner.skipValue(depth: 1)))
        }
        try scanner.end()
        self.members = members
    }

    /// The text of a member's value; of the last one where the name stands several times.
    package subscript(name: StaticString) -> ArraySlice<UInt8>? {
        members.last { $0.name == name }?.text
    }
}
