/// What must still change in a rendering, by offset into the bytes as they were written.
struct RenderingEdits {
    private var edits: [Edit] = []

    /// One range of the written bytes and what takes its place.
    private struct Edit {
        let range: Range<Int>
        let replacement: Replacement
    }

    private enum Replacement {
        case nothing
        case text(StaticString)
        /// Another range of the written bytes, with the edits in it.
        case written(Range<Int>)
    }

    var isEmpty: Bool { edits.isEmpty }

    /// Finds what must change in an object that is about to be closed at the end of `bytes`.
    mutating func settle(
        _ members: ArraySlice<Rendering.Member>,
        of bytes: [UInt8],
        openedAt start: Int,
        isTagged: Bool
    ) {
        let repeated = Self.repetitions(in: members, of: bytes)
        for (index, repetition) in repeated.sorted(by: { $0.key < $1.key }) {
            let member = members[index]
            switch repetition {
            case .replaced(let last):
                let value = members[last]
                edits.append(
                    Edit(range: member.colon + 1..<member.end, replacement: .written(value.colon + 1..<value.end))
                )
            case .dropped:
                edits.append(Edit(range: member.separator..<member.end, replacement: .nothing))
            }
        }
        guard isTagged else { return }
        for (index, member) in zip(members.indices, members) where repeated[index] != .dropped {
            let opening: StaticString = member.separator == start ? #"{"$py":"dict","v":[["# : "],["
            edits.append(Edit(range: member.separator..<member.separator + 1, replacement: .text(opening)))
            edits.append(Edit(range: member.colon..<member.colon + 1, replacement: .text(",")))
        }
        edits.append(Edit(range: bytes.count..<bytes.count + 1, replacement: .text("]]}")))
    }

    /// What becomes of a member whose name stands more than once.
    private enum Repetition: Equatable {
        /// The first: it gets the value of the last, which has this index.
        case replaced(by: Int)
        /// A later one.
        case dropped
    }

    private static func repetitions(
        in members: ArraySlice<Rendering.Member>,
        of bytes: [UInt8]
    ) -> [Int: Repetition] {
        func name(_ index: Int) -> ArraySlice<UInt8> { bytes[(members[index].separator + 1)..<members[index].colon] }
        var repeated: [Int: Repetition] = [:]
        func note(_ later: Int, after first: Int) {
            repeated[first] = .replaced(by: later)
            repeated[later] = .dropped
        }
        if members.count <= smallCount {
            for later in members.indices {
                if let first = members.indices.prefix(while: { $0 < later }).first(where: { name($0) == name(later) }) {
                    note(later, after: first)
                }
            }
        } else {
            var firsts: [ArraySlice<UInt8>: Int] = [:]
            firsts.reserveCapacity(members.count)
            for index in members.indices {
                if let first = firsts[name(index)] {
                    note(index, after: first)
                } else {
                    firsts[name(index)] = index
                }
            }
        }
        return repeated
    }

    /// Up to so many members are compared pair by pair; beyond, a table with seeded hashes keeps the work linear.
    private static let smallCount = 12

    /// The bytes with every edit carried out. Each byte is copied once at most: a range that takes the place of another one
    /// is dropped where it stood.
    func applied(to bytes: [UInt8]) -> [UInt8] {
        // A replaced value and the brace it opens with may begin at one offset: the outer one comes first.
        let sorted = edits.sorted {
            ($0.range.lowerBound, $1.range.upperBound) < ($1.range.lowerBound, $0.range.upperBound)
        }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var pending = [0..<bytes.count]
        while let range = pending.popLast() {
            guard let edit = Self.first(in: sorted, from: range.lowerBound), edit.range.lowerBound < range.upperBound
            else {
                result.append(contentsOf: bytes[range])
                continue
            }
            result.append(contentsOf: bytes[range.lowerBound..<edit.range.lowerBound])
            pending.append(edit.range.upperBound..<range.upperBound)
            switch edit.replacement {
            case .nothing: break
            case .text(let text): text.withUTF8Buffer { result.append(contentsOf: $0) }
            case .written(let other): pending.append(other)
            }
        }
        return result
    }

    /// The first edit that begins at `offset` or later.
    private static func first(in sorted: [Edit], from offset: Int) -> Edit? {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle].range.lowerBound < offset { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count ? sorted[low] : nil
    }
}
