/// The JSON that a session is kept as, written in one pass while a payload is read.
///
/// ```
/// {"a":1,"b":{…},"a":2}        bytes, appended only
///  ^─── member ──^             names and values by offset, while their object is open
/// ```
///
/// Two things are known only after bytes were written: a name that comes again (Python keeps the last value at the first
/// one's place), and a name that makes the object a tagged one. Both are rare. They become edits, which `finished()` applies
/// in one more pass, so that no nesting of them costs more than one copy.
struct Rendering {
    /// What was written so far; `edits` are not applied.
    private(set) var bytes: [UInt8] = []

    private var containers: [Container] = []
    private var members: [Member] = []
    private var edits = RenderingEdits()

    /// An object or a list that is still open.
    private struct Container {
        /// Offset of the opening bracket.
        let start: Int
        let isObject: Bool
        /// Where this object's members begin in `members`.
        let firstMember: Int
        var isTagged = false
    }

    /// A member of an open object.
    struct Member {
        /// Offset of the `{` or `,` before the name.
        let separator: Int
        /// Offset of the `:` after the name.
        var colon = 0
        /// Offset after the value.
        var end = 0
    }

    static let taggedDictOpening = Array(#"{"$py":"dict","v":["#.utf8)
    static let taggedIntOpening = Array(#"{"$py":"int","v":""#.utf8)

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    /// Containers that are open.
    var depth: Int { containers.count }

    /// Whether the innermost open container is an object.
    var isInObject: Bool { containers.last?.isObject ?? false }

    /// Opens an object or a list.
    mutating func open(isObject: Bool) {
        containers.append(Container(start: bytes.count, isObject: isObject, firstMember: members.count))
        bytes.append(UInt8(ascii: isObject ? "{" : "["))
    }

    /// Ends an element or a member, with another one to come.
    mutating func separate() {
        endMember()
        bytes.append(UInt8(ascii: ","))
    }

    /// Begins a member: its name is written next, then `endName`.
    mutating func beginName() {
        members.append(Member(separator: bytes.count - 1))
    }

    /// Ends a member's name. `isPlain` is false where it was written as anything but a JSON string.
    mutating func endName(isPlain: Bool) {
        let last = members.count - 1
        if !isPlain || hasTagPrefix(at: members[last].separator + 1) {
            containers[containers.count - 1].isTagged = true
        }
        members[last].colon = bytes.count
        bytes.append(UInt8(ascii: ":"))
    }

    /// Closes the innermost container.
    mutating func close() {
        guard let container = containers.last else { return }
        if container.isObject {
            if members.count > container.firstMember { endMember() }
            edits.settle(
                members[container.firstMember...],
                of: bytes,
                openedAt: container.start,
                isTagged: container.isTagged
            )
            members.removeLast(members.count - container.firstMember)
        }
        bytes.append(UInt8(ascii: container.isObject ? "}" : "]"))
        containers.removeLast()
    }

    private mutating func endMember() {
        guard isInObject else { return }
        members[members.count - 1].end = bytes.count
    }

    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ run: ArraySlice<UInt8>) {
        bytes.append(contentsOf: run)
    }

    mutating func append(byte: UInt8) {
        bytes.append(byte)
    }

    /// Takes back what was written after `count` bytes, inside one string.
    mutating func truncate(to count: Int) {
        bytes.removeLast(bytes.count - count)
    }

    /// The whole text, once every container is closed.
    consuming func finished() -> [UInt8] {
        edits.isEmpty ? bytes : edits.applied(to: bytes)
    }

    /// Whether the name at `offset` begins as only a tagged object's may.
    private func hasTagPrefix(at offset: Int) -> Bool {
        // The first test settles it for nearly every name.
        bytes[offset + 1] == UInt8(ascii: "$") && bytes[offset...].starts(with: Self.tagPrefix)
    }

    private static let tagPrefix = Array(#""$py"#.utf8)
}
