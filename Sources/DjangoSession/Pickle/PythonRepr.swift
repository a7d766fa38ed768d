/// `repr` of what a pickle has built, for the few classes that the contract shows by it.
///
/// Sets are in this target's order, since Python's is that of hashes. What is no plain value is shown as `<module.Class>`.
struct PythonRepr {
    /// Python 2 writes `u'…'`, `<type 'list'>` and `set([…])`.
    let isOfPython2: Bool
    let bounds: DecodeBounds

    /// The `repr` of the value at a place.
    func text(of place: PicklePlace, in heap: PickleHeap) throws(DecodeError.Why) -> [UInt8] {
        var writer = Writer(repr: self, heap: heap)
        try writer.write(place)
        return writer.text
    }

    /// The `repr` of a text.
    func text(_ text: PickleText, in heap: PickleHeap) -> [UInt8] {
        var bytes: [UInt8] = []
        append(heap.bytes(of: text), isBytes: false, to: &bytes)
        return bytes
    }

    /// The `repr` of a `datetime.timezone`.
    func text(of zone: PickleTimeZone, in heap: PickleHeap) -> [UInt8] {
        let offset = zone.offset ?? 0
        guard offset != 0 || zone.name != nil else { return Array("datetime.timezone.utc".utf8) }
        let days = (offset < 0 ? offset - PickleDates.dayMicroseconds + 1 : offset) / PickleDates.dayMicroseconds
        let rest = offset - days * PickleDates.dayMicroseconds
        let parts = [("days", days), ("seconds", rest / 1_000_000), ("microseconds", rest % 1_000_000)]
            .filter { $0.1 != 0 }.map { "\($0.0)=\($0.1)" }
        let delta = parts.isEmpty ? "0" : parts.joined(separator: ", ")
        var bytes = Array("datetime.timezone(datetime.timedelta(\(delta))".utf8)
        if let name = zone.name {
            bytes += Array(", ".utf8)
            append(heap.bytes(of: name), isBytes: false, to: &bytes)
        }
        return bytes + [UInt8(ascii: ")")]
    }

    /// The `repr` of a type of Python's own, such as `<class 'list'>`, or of `None`.
    private func text(of type: PickleConstructor?) -> String {
        guard let type else { return "None" }
        let name = (isOfPython2 ? type : type.ofPython3).rawValue.split(separator: ".").last ?? ""
        return "<\(isOfPython2 ? "type" : "class") '\(name)'>"
    }

    /// Appends a string in the quotes that Python chooses, and with its escapes.
    private func append(_ content: ArraySlice<UInt8>, isBytes: Bool, to text: inout [UInt8]) {
        let hasSingle = content.contains(UInt8(ascii: "'"))
        let quote = UInt8(ascii: hasSingle && !content.contains(UInt8(ascii: "\"")) ? "\"" : "'")
        text.append(quote)
        var at = content.startIndex
        while at < content.endIndex {
            let (code, count) =
                isBytes ? (UInt32(content[at]), 1) : SurrogateUTF8.codePoint(in: content, at: at) ?? (0xFFFD, 1)
            switch code {
            case UInt32(quote), UInt32(UInt8(ascii: "\\")): text += [UInt8(ascii: "\\"), UInt8(code)]
            case 0x0A: text += Array(#"\n"#.utf8)
            case 0x0D: text += Array(#"\r"#.utf8)
            case 0x09: text += Array(#"\t"#.utf8)
            case 0x20..<0x7F: text.append(UInt8(code))
            case _ where !isBytes && !isOfPython2 && Self.isPrintable(code): text += content[at..<at + count]
            default: text += Self.escape(code)
            }
            at += count
        }
        text.append(quote)
    }

    private static func escape(_ code: UInt32) -> [UInt8] {
        let digits = String(code, radix: 16)
        let (letter, width) = code < 0x100 ? ("x", 2) : code < 0x1_0000 ? ("u", 4) : ("U", 8)
        return Array("\\\(letter)\(String(repeating: "0", count: width - digits.utf8.count))\(digits)".utf8)
    }

    /// `str.isprintable` of one character: no control, format, surrogate, private or unassigned one, and no space but the
    /// usual.
    private static func isPrintable(_ code: UInt32) -> Bool {
        guard let scalar = Unicode.Scalar(code) else { return false }
        return switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: true
        }
    }

    /// Writes a value and its parts.
    private struct Writer {
        let repr: PythonRepr
        let heap: PickleHeap
        var text: [UInt8] = []
        private var open: [PicklePlace] = []
        private var elements = 0

        init(repr: PythonRepr, heap: PickleHeap) {
            self.repr = repr
            self.heap = heap
        }

        /// What is described is nested no deeper than this; no session's deque is.
        private static let levels = 100

        mutating func write(_ place: PicklePlace) throws(DecodeError.Why) {
            elements += 1
            guard elements <= repr.bounds.elements else { throw .bound(.elements, limit: repr.bounds.elements) }
            guard text.count <= repr.bounds.renderedBytes else {
                throw .bound(.renderedBytes, limit: repr.bounds.renderedBytes)
            }
            guard open.count < Self.levels else { throw .bound(.nestingLevels, limit: Self.levels) }
            switch heap[place] {
            case .none: append("None")
            case .bool(let flag): append(flag ? "True" : "False")
            case .integer(let number): append("\(number)")
            case .bigInteger(let digits):
                text += heap.bytes(of: digits)
                if repr.isOfPython2 { append("L") }
            case .float(let number): text += PythonFloat.repr(number)
            case .text(let string):
                if repr.isOfPython2 { append("u") }
                repr.append(heap.bytes(of: string), isBytes: false, to: &text)
            case .python2Text(let string): repr.append(heap.bytes(of: string), isBytes: repr.isOfPython2, to: &text)
            case .bytes(let string):
                append("b")
                repr.append(heap.bytes(of: string), isBytes: true, to: &text)
            case .byteArray(let string):
                append("bytearray(b")
                repr.append(heap.bytes(of: string), isBytes: true, to: &text)
                append(")")
            case .scalar(.decimal, let digits): append("Decimal('\(heap.ascii(digits) ?? "")')")
            case .scalar(.uuid, let digits): append("UUID('\(heap.ascii(digits) ?? "")')")
            case .list(let parts): try write(parts, at: place, "[", "]")
            case .tuple(let parts): try write(parts, at: place, "(", parts.count == 1 ? ",)" : ")")
            case .dictionary(let table): try write(table, at: place, "{", "}")
            case .set(let table) where repr.isOfPython2: try write(table.keys, at: place, "set([", "])")
            case .set(let table) where table.keys.isEmpty: append("set()")
            case .set(let table): try write(table.keys, at: place, "{", "}")
            case .frozenSet(let table) where repr.isOfPython2: try write(table.keys, at: place, "frozenset([", "])")
            case .frozenSet(let table) where table.keys.isEmpty: append("frozenset()")
            case .frozenSet(let table): try write(table.keys, at: place, "frozenset({", "})")
            case .object(let index): try write(heap.objects[index], at: place)
            case .scalar(.datetime, _), .datetimeInZone: append("<datetime.datetime>")
            case .scalar(.date, _): append("<datetime.date>")
            case .scalar(.time, _): append("<datetime.time>")
            case .timedelta: append("<datetime.timedelta>")
            case .complex: append("<builtins.complex>")
            case .orderedDictionary: append("<collections.OrderedDict>")
            case .timeZone(let index): append("<\(heap.classes[heap.zones[index].classIndex].name)>")
            case .classReference(let index): throw .unsafePickle(.classAsValue(heap.classes[index].name))
            }
        }

        private mutating func append(_ string: String) {
            text += Array(string.utf8)
        }

        private mutating func write(_ object: PickleObject, at place: PicklePlace) throws(DecodeError.Why) {
            switch object.kind {
            case .deque(let maximum):
                guard let list = object.list, case .list(let parts) = heap[list] else { return }
                try write(parts, at: place, "deque([", maximum.map { "], maxlen=\($0))" } ?? "])")
            case .defaultDictionary(let factory):
                guard let dictionary = object.dictionary, case .dictionary(let table) = heap[dictionary] else { return }
                try write(table, at: place, "defaultdict(\(repr.text(of: factory)), {", "})")
            case .described(let description): text += heap.bytes(of: description)
            case .safeString(let string): repr.append(heap.bytes(of: string), isBytes: false, to: &text)
            case .instance, .uuid, .fixedOffset: append("<\(heap.classes[object.classIndex].name)>")
            }
        }

        private mutating func write(
            _ parts: [PicklePlace], at place: PicklePlace, _ opening: String, _ closing: String
        ) throws(DecodeError.Why) {
            guard !open.contains(place) else { return append("\(opening)...\(closing)") }
            open.append(place)
            append(opening)
            for (index, part) in parts.enumerated() {
                if index > 0 { append(", ") }
                try write(part)
            }
            append(closing)
            open.removeLast()
        }

        private mutating func write(
            _ table: PickleTable, at place: PicklePlace, _ opening: String, _ closing: String
        ) throws(DecodeError.Why) {
            guard !open.contains(place) else { return append("\(opening)...\(closing)") }
            open.append(place)
            append(opening)
            for (index, (key, value)) in zip(table.keys, table.values).enumerated() {
                if index > 0 { append(", ") }
                try write(key)
                append(": ")
                try write(value)
            }
            append(closing)
            open.removeLast()
        }
    }
}
