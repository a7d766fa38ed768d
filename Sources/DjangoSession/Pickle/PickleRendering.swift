/// Writes what a pickle has built as the contract's JSON.
///
/// Values that are shared are written wherever they stand, and a container inside itself as `{"$py":"cycle","up":n}`. What a
/// few bytes can expand to by sharing is bounded by `DecodeBounds.elements` and `DecodeBounds.renderedBytes`. No recursion:
/// open containers are on a list.
struct PickleRendering {
    private var heap: PickleHeap
    private let repr: PythonRepr
    private let rules: DjangoRules
    private let bounds: DecodeBounds
    private var rendering: Rendering
    private var open: [Container] = []
    /// How deep each value that is being written is open; 0 for a value that is not.
    private var levels: [Int32]
    private var elements = 0

    /// A container that is being written.
    private struct Container {
        let place: PicklePlace
        let parts: [PicklePlace]
        let form: Form
        var next = 0
    }

    private enum Form {
        /// `[…]`, and what closes it.
        case elements(closing: StaticString)
        /// `{name:value,…}`, and what closes it.
        case members(closing: StaticString)
        /// `[[key,value],…]`, and what closes it.
        case pairs(closing: StaticString)
        /// What stands before each part, and `}`.
        case named([StaticString])
    }

    /// The rendered session that a pickle describes.
    static func render(
        _ pickle: ArraySlice<UInt8>, rules: DjangoRules, bounds: DecodeBounds
    ) throws(DecodeError.Why) -> [UInt8] {
        let result = try PickleMachine.run(pickle, rules: rules, bounds: bounds)
        guard case .dictionary = result.heap[result.root] else {
            if case .classReference(let index) = result.heap[result.root] {
                throw .unsafePickle(.classAsValue(result.heap.classes[index].name))
            }
            throw .notAnObject
        }
        var writer = PickleRendering(result, capacity: pickle.count, rules: rules, bounds: bounds)
        return try writer.write(result.root)
    }

    private init(_ result: PickleMachine.Result, capacity: Int, rules: DjangoRules, bounds: DecodeBounds) {
        heap = result.heap
        repr = PythonRepr(isOfPython2: result.isOfPython2, bounds: bounds)
        self.rules = rules
        self.bounds = bounds
        rendering = Rendering(capacity: capacity)
        levels = [Int32](repeating: 0, count: result.heap.count)
    }

    private mutating func write(_ root: PicklePlace) throws(DecodeError.Why) -> [UInt8] {
        try begin(root)
        while let container = open.last {
            guard rendering.bytes.count <= bounds.renderedBytes else {
                throw .bound(.renderedBytes, limit: bounds.renderedBytes)
            }
            guard container.next < container.parts.count else {
                close(container)
                continue
            }
            open[open.count - 1].next += 1
            try writePart(container.next, of: container)
        }
        return rendering.finished()
    }

    private mutating func writePart(_ index: Int, of container: Container) throws(DecodeError.Why) {
        let part = container.parts[index]
        let isKey = index.isMultiple(of: 2)
        switch container.form {
        case .elements:
            if index > 0 { rendering.append(",") }
        case .members:
            rendering.append(!isKey ? ":" : index > 0 ? "," : "")
        case .pairs:
            rendering.append(!isKey ? "," : index > 0 ? "],[" : "[")
        case .named(let names):
            rendering.append(names[index])
        }
        try begin(part)
    }

    private mutating func close(_ container: Container) {
        switch container.form {
        case .elements(let closing), .members(let closing):
            rendering.append(closing)
        case .pairs(let closing):
            if !container.parts.isEmpty { rendering.append("]") }
            rendering.append(closing)
        case .named:
            rendering.append("}")
        }
        levels[container.place] = 0
        open.removeLast()
    }

    private mutating func open(
        _ place: PicklePlace, _ opening: StaticString, _ parts: [PicklePlace], _ form: Form
    ) throws(DecodeError.Why) {
        guard open.count < bounds.nestingLevels else { throw .bound(.nestingLevels, limit: bounds.nestingLevels) }
        rendering.append(opening)
        open.append(Container(place: place, parts: parts, form: form))
        levels[place] = Int32(open.count)
    }

    /// Writes a value, or of a container what stands before its parts.
    private mutating func begin(_ place: PicklePlace) throws(DecodeError.Why) {
        elements += 1
        guard elements <= bounds.elements else { throw .bound(.elements, limit: bounds.elements) }
        guard levels[place] == 0 else {
            rendering.append(#"{"$py":"cycle","up":"#)
            rendering.append(integer: Int64(open.count) - Int64(levels[place]))
            return rendering.append("}")
        }
        switch heap[place] {
        case .none: rendering.append("null")
        case .bool(let flag): rendering.append(flag ? "true" : "false")
        case .integer(let number): rendering.append(integer: number)
        case .bigInteger(let text):
            let digits = heap.bytes(of: text)
            let isNegative = digits.first == UInt8(ascii: "-")
            rendering.append(integer: isNegative ? digits.dropFirst() : digits, isNegative: isNegative)
        case .float(let number): rendering.append(float: number)
        case .complex(let real, let imaginary):
            rendering.append(#"{"$py":"complex","re":""#)
            rendering.append(PythonFloat.repr(real)[...])
            rendering.append(#"","im":""#)
            rendering.append(PythonFloat.repr(imaginary)[...])
            rendering.append(#""}"#)
        case .text(let text): rendering.append(surrogateUTF8: heap.bytes(of: text), hasSurrogates: text.hasSurrogates)
        case .python2Text(let text) where text.isASCII: rendering.append(string: heap.bytes(of: text))
        case .python2Text(let text): rendering.append(tag: "py2str", base64: heap.bytes(of: text))
        case .bytes(let text): rendering.append(tag: "bytes", base64: heap.bytes(of: text))
        case .byteArray(let text): rendering.append(tag: "bytearray", base64: heap.bytes(of: text))
        case .scalar(let kind, let text): rendering.append(tag: kind.tag, string: heap.bytes(of: text))
        case .datetimeInZone(let text, let zone):
            rendering.append(#"{"$py":"datetime","v":"#)
            rendering.append(string: heap.bytes(of: text))
            rendering.append(#","tz":"#)
            rendering.append(surrogateUTF8: heap.bytes(of: zone), hasSurrogates: zone.hasSurrogates)
            rendering.append("}")
        case .timedelta(let days, let seconds, let microseconds):
            rendering.append(#"{"$py":"timedelta","days":"#)
            rendering.append(integer: Int64(days))
            rendering.append(#","seconds":"#)
            rendering.append(integer: Int64(seconds))
            rendering.append(#","microseconds":"#)
            rendering.append(integer: Int64(microseconds))
            rendering.append("}")
        case .list(let parts): try open(place, "[", parts, .elements(closing: "]"))
        case .tuple(let parts): try open(place, #"{"$py":"tuple","v":["#, parts, .elements(closing: "]}"))
        case .set(let table): try open(place, #"{"$py":"set","v":["#, try sorted(table), .elements(closing: "]}"))
        case .frozenSet(let table):
            try open(place, #"{"$py":"frozenset","v":["#, try sorted(table), .elements(closing: "]}"))
        case .dictionary(let table): try openDictionary(place, table)
        case .orderedDictionary(let table):
            try open(place, #"{"$py":"OrderedDict","v":["#, parts(of: table), .pairs(closing: "]}"))
        case .timeZone(let index): try write(zone: heap.zones[index])
        case .object(let index): try begin(object: heap.objects[index], at: place)
        case .classReference(let index): throw .unsafePickle(.classAsValue(heap.classes[index].name))
        }
    }
}

// MARK: Containers and objects

extension PickleRendering {
    private func parts(of table: PickleTable) -> [PicklePlace] {
        var parts: [PicklePlace] = []
        parts.reserveCapacity(2 * table.keys.count)
        for (key, value) in zip(table.keys, table.values) {
            parts.append(key)
            parts.append(value)
        }
        return parts
    }

    /// A JSON object where every key is a plain string that no tag begins with.
    private mutating func openDictionary(_ place: PicklePlace, _ table: PickleTable) throws(DecodeError.Why) {
        if isPlain(table) {
            try open(place, "{", parts(of: table), .members(closing: "}"))
        } else {
            try open(place, #"{"$py":"dict","v":["#, parts(of: table), .pairs(closing: "]}"))
        }
    }

    private func isPlain(_ table: PickleTable) -> Bool {
        table.keys.allSatisfy { key in
            guard let text = heap.text(at: key), !text.hasSurrogates else { return false }
            return !heap.bytes(of: text).starts(with: Self.tagPrefix)
        }
    }

    private static let tagPrefix = Array("$py".utf8)

    /// Elements of a set in an order of their own, so that equal sets are written alike.
    private mutating func sorted(_ table: PickleTable) throws(DecodeError.Why) -> [PicklePlace] {
        var keyed: [(key: [UInt8], place: PicklePlace)] = []
        for place in table.keys { keyed.append((try heap.canonicalKey(place), place)) }
        return keyed.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.place)
    }

    /// An object is one level: its attributes are written as its own. What it is built from follows as `args`, the items of a
    /// subclass of `list` or `dict` as `items`.
    private mutating func begin(object: PickleObject, at place: PicklePlace) throws(DecodeError.Why) {
        let description: [UInt8]?
        switch object.kind {
        case .described(let text): description = Array(heap.bytes(of: text))
        case .safeString(let text) where !rules.safeStringsHaveAttributes:
            description = repr.text(text, in: heap)
        case .deque, .defaultDictionary: description = try repr.text(of: place, in: heap)
        case .uuid, .fixedOffset: throw .badPickle(offset: heap.input.count)
        case .instance, .safeString: description = nil
        }
        beginObject(className: className(object.classIndex))
        if let description {
            rendering.append(string: description[...])
            return rendering.append("}")
        }
        let rest = [(#","args":"#, object.arguments), (#","items":"#, object.list), (#","items":"#, object.dictionary)]
            .compactMap { (name: StaticString, place) in place.map { (name: name, place: $0) } }
        if rest.isEmpty, let state = object.state, case .dictionary(let table) = heap[state], isPlain(table) {
            return try open(place, "{", parts(of: table), .members(closing: "}}"))
        }
        let named = (object.state.map { [(name: "" as StaticString, place: $0)] } ?? []) + rest
        try open(place, object.state == nil ? "{}" : "", named.map(\.place), .named(named.map(\.name)))
    }

    private func className(_ index: Int) -> String {
        let name = heap.classes[index].name
        return repr.isOfPython2 ? name : PickleClassName.nameInPython3(name)
    }

    private mutating func beginObject(className: String) {
        rendering.append(#"{"$py":"object","cls":"#)
        rendering.append(string: Array(className.utf8)[...])
        rendering.append(#","attrs":"#)
    }

    /// A time zone that stands for itself: `datetime.timezone` by its `repr`, others without attributes.
    private mutating func write(zone: PickleTimeZone) throws(DecodeError.Why) {
        let name = className(zone.classIndex)
        beginObject(className: name)
        if name == "datetime.timezone" {
            rendering.append(string: repr.text(of: zone, in: heap)[...])
        } else if let text = zone.name {
            rendering.append(name == "zoneinfo.ZoneInfo" ? #"{"key":"# : #"{"zone":"#)
            rendering.append(surrogateUTF8: heap.bytes(of: text), hasSurrogates: text.hasSurrogates)
            rendering.append("}")
        } else {
            rendering.append("{}")
        }
        rendering.append("}")
    }
}
