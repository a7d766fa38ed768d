/// The opcodes that in Python would call something: here they build data by the closed list, or are errors.
extension PickleMachine {
    /// GLOBAL and STACK_GLOBAL: a name.
    mutating func reference(module: PickleText, name: PickleText) throws(DecodeError.Why) -> PickleValue {
        let module = String(decoding: heap.bytes(of: module), as: UTF8.self)
        var name = String(decoding: heap.bytes(of: name), as: UTF8.self)
        guard !module.isEmpty, !name.isEmpty, module.utf8.count + name.utf8.count <= Self.nameBytes else {
            throw malformed
        }
        if module == Self.safeStrings {
            guard let meant = rules.safeStrings[name] else { throw unsafe(.unknownClass("\(module).\(name)")) }
            name = meant
        }
        heap.classes.append(
            PickleClass(
                name: "\(module).\(name)",
                constructor: PickleConstructor(module: module, name: name, protocolVersion: protocolVersion)
            )
        )
        return .classReference(heap.classes.count - 1)
    }

    static let safeStrings = "django.utils.safestring"

    /// The longest name of a class, in bytes.
    private static let nameBytes = 512

    /// The name of the class at a place, for an error.
    func className(at place: PicklePlace) -> String {
        guard case .classReference(let index) = heap[place] else { return "" }
        return heap.classes[index].name
    }

    /// REDUCE: in Python, a call of whatever stands there. Only the closed list builds something.
    mutating func reduce(
        _ callable: PicklePlace, arguments: PicklePlace
    ) throws(DecodeError.Why) -> PickleValue {
        guard case .classReference(let index) = heap[callable], case .tuple(let arguments) = heap[arguments] else {
            throw malformed
        }
        guard let constructor = heap.classes[index].constructor else { throw unsafe(.call(heap.classes[index].name)) }
        try heap.spend(arguments.count)
        guard let value = try build(constructor, classIndex: index, arguments) else {
            throw unsafe(.call(heap.classes[index].name))
        }
        return value
    }

    /// NEWOBJ: an instance without its state yet. A class of the closed list is never written like this, but for UUID.
    mutating func newObject(
        of reference: PicklePlace, arguments: PicklePlace
    ) throws(DecodeError.Why) -> PickleValue {
        guard case .classReference(let index) = heap[reference], case .tuple = heap[arguments] else { throw malformed }
        return try instance(ofClass: index, arguments: arguments)
    }

    /// INST and OBJ: an instance of one of Python 2's classes without `object` as a base. With arguments, a call.
    mutating func oldStyleInstance(
        of reference: PicklePlace, hasArguments: Bool
    ) throws(DecodeError.Why) -> PickleValue {
        guard case .classReference(let index) = heap[reference] else { throw malformed }
        guard !hasArguments, heap.classes[index].constructor == nil else {
            throw unsafe(.call(heap.classes[index].name))
        }
        return try instance(ofClass: index, arguments: nil)
    }

    /// An instance without its state yet, from the place of a tuple, if any.
    private mutating func instance(
        ofClass index: Int, arguments: PicklePlace?
    ) throws(DecodeError.Why) -> PickleValue {
        var parts: [PicklePlace] = []
        if let arguments, case .tuple(let places) = heap[arguments] { parts = places }
        switch heap.classes[index].constructor {
        case nil: break
        case .uuid where parts.isEmpty: return object(PickleObject(classIndex: index, kind: .uuid))
        default: throw unsafe(.call(heap.classes[index].name))
        }
        if heap.classes[index].name.hasPrefix(Self.safeStrings + ".") {
            let text = parts.count == 1 ? heap.text(at: parts[0]) : nil
            return object(PickleObject(classIndex: index, kind: text.map(PickleObject.Kind.safeString) ?? .instance))
        }
        return object(PickleObject(classIndex: index, arguments: parts.isEmpty ? nil : arguments))
    }

    mutating func object(_ object: PickleObject) -> PickleValue {
        heap.objects.append(object)
        return .object(heap.objects.count - 1)
    }

    /// The list in an object that elements are appended to.
    mutating func list(ofObject number: Int) throws(DecodeError.Why) -> PicklePlace {
        if let list = heap.objects[number].list { return list }
        guard case .instance = heap.objects[number].kind else { throw malformed }
        let list = try heap.add(.list([]))
        heap.objects[number].list = list
        return list
    }

    /// The dictionary in an object that entries are put into.
    mutating func dictionary(ofObject number: Int) throws(DecodeError.Why) -> PicklePlace {
        if let dictionary = heap.objects[number].dictionary { return dictionary }
        guard case .instance = heap.objects[number].kind else { throw malformed }
        let dictionary = try heap.add(.dictionary(PickleTable()))
        heap.objects[number].dictionary = dictionary
        return dictionary
    }
}

// MARK: State

extension PickleMachine {
    /// BUILD: gives an instance its attributes.
    mutating func build(_ place: PicklePlace, state: PicklePlace) throws(DecodeError.Why) {
        switch heap[place] {
        case .object(let number):
            switch heap.objects[number].kind {
            case .uuid:
                guard let uuid = try PickleDates.uuid(state: state, in: &heap) else { throw malformed }
                heap[place] = uuid
            case .fixedOffset: heap[place] = try fixedOffset(number, state: state)
            case .instance, .safeString: try setState(ofObject: number, to: state)
            default: throw malformed
            }
        case .orderedDictionary, .set, .frozenSet:
            // Attributes of an instance of a plain class, of which there are none.
            guard case .dictionary(let table) = heap[state], table.keys.isEmpty else { throw malformed }
        default: throw malformed
        }
    }

    /// Attributes are a dictionary, or a pair of the dictionary and that of the slots. What a class of its own way to keep
    /// its state has is kept as it is, once.
    private mutating func setState(ofObject number: Int, to state: PicklePlace) throws(DecodeError.Why) {
        switch heap[state] {
        case .none: return
        case .tuple(let parts) where parts.count == 2:
            guard let slots = dictionaryEntries(at: parts[1]) else { break }
            let attributes = dictionaryEntries(at: parts[0])
            if attributes == nil, case .none = heap[parts[0]] {} else if attributes == nil { break }
            return try mergeState(ofObject: number, (attributes ?? []) + slots)
        case .dictionary:
            guard heap.objects[number].state != nil else { break }
            return try mergeState(ofObject: number, dictionaryEntries(at: state) ?? [])
        default: break
        }
        guard heap.objects[number].state == nil else { throw malformed }
        heap.objects[number].state = state
    }

    /// Keys and values of a dictionary, one after the other.
    private func dictionaryEntries(at place: PicklePlace) -> [PicklePlace]? {
        guard case .dictionary(let table) = heap[place] else { return nil }
        return zip(table.keys, table.values).flatMap { [$0, $1] }
    }

    private mutating func mergeState(
        ofObject number: Int, _ entries: [PicklePlace]
    ) throws(DecodeError.Why) {
        let merged = try heap.add(.dictionary(PickleTable()))
        if let state = heap.objects[number].state {
            guard let before = dictionaryEntries(at: state) else { throw malformed }
            try set(before, in: merged)
        }
        try set(entries, in: merged)
        heap.objects[number].state = merged
    }

    private mutating func fixedOffset(_ number: Int, state: PicklePlace) throws(DecodeError.Why) -> PickleValue {
        guard case .dictionary(let table) = heap[state],
            let offset = heap.value(named: "_FixedOffset__offset", in: table),
            case .timedelta(let days, let seconds, let microseconds) = heap[offset]
        else { throw malformed }
        let zone = PickleTimeZone(
            classIndex: heap.objects[number].classIndex,
            offset: PickleDates.microseconds(days: days, seconds: seconds, microseconds: microseconds)
        )
        return try timeZone(zone)
    }
}

// MARK: Values by the closed list

extension PickleMachine {
    /// The value that a constructor of the list makes of arguments; nil where it takes no such arguments.
    private mutating func build(
        _ constructor: PickleConstructor, classIndex: Int, _ arguments: [PicklePlace]
    ) throws(DecodeError.Why) -> PickleValue? {
        switch constructor {
        case .bytes:
            return arguments.isEmpty ? .bytes(try heap.keep([])) : nil
        case .encode:
            return try latin1(arguments).map(PickleValue.bytes)
        case .byteArray:
            if arguments.isEmpty { return .byteArray(try heap.keep([])) }
            if arguments.count == 1 { return heap.byteString(at: arguments[0]).map(PickleValue.byteArray) }
            return try latin1(arguments).map(PickleValue.byteArray)
        case .complex:
            guard arguments.count == 2, case .float(let real) = heap[arguments[0]],
                case .float(let imaginary) = heap[arguments[1]]
            else { return nil }
            return .complex(real, imaginary)
        case .set, .frozenSet:
            guard let elements = arguments.isEmpty ? [] : elements(of: arguments) else { return nil }
            let table = try table(of: elements)
            return constructor == .set ? .set(table) : .frozenSet(table)
        case .orderedDictionary:
            return try orderedDictionary(arguments)
        case .defaultDictionary:
            return try defaultDictionary(classIndex: classIndex, arguments)
        case .deque:
            return try deque(classIndex: classIndex, arguments)
        case .decimal:
            guard arguments.count == 1, let text = heap.text(at: arguments[0]),
                PickleDates.isDecimal(heap.bytes(of: text))
            else { return nil }
            return .scalar(.decimal, text)
        case .fraction:
            return try fraction(classIndex: classIndex, arguments)
        case .datetime, .date, .time:
            return try PickleDates.value(of: constructor, arguments, in: &heap)
        case .timedelta:
            return PickleDates.timedelta(arguments, in: heap)
        case .timezone, .djangoUTC, .djangoFixedOffset, .pytzUTC, .pytzFixedOffset, .pytzZone, .zoneInfoUnpickle:
            return try timeZone(constructor, classIndex: classIndex, arguments)
        case .getAttribute:
            return try unpickleMethod(arguments)
        case .reconstructor:
            return try reconstruct(arguments)
        case .modelUnpickle:
            return try model(arguments)
        case .zoneInfo, .uuid, .object, .list, .dictionary, .tuple, .integer, .longInteger, .float, .bool, .text,
            .python2Text:
            return nil
        }
    }

    /// `(text, 'latin1')` as bytes: how Python 3 writes bytes in protocols 0 to 2.
    private mutating func latin1(_ arguments: [PicklePlace]) throws(DecodeError.Why) -> PickleText? {
        guard arguments.count == 2, let text = heap.text(at: arguments[0]), let codec = heap.text(at: arguments[1]),
            let codecName = heap.ascii(codec), ["latin1", "latin-1"].contains(codecName)
        else { return nil }
        if text.isASCII { return text }
        let source = heap.bytes(of: text)
        var bytes: [UInt8] = []
        var at = source.startIndex
        while at < source.endIndex {
            guard let (code, count) = SurrogateUTF8.codePoint(in: source, at: at), code < 0x100 else { return nil }
            bytes.append(UInt8(code))
            at += count
        }
        return try heap.keep(bytes)
    }

    /// What the only argument holds, if it is a list, a tuple or a set.
    private func elements(of arguments: [PicklePlace]) -> [PicklePlace]? {
        guard arguments.count == 1 else { return nil }
        return switch heap[arguments[0]] {
        case .list(let elements), .tuple(let elements): elements
        case .set(let table), .frozenSet(let table): table.keys
        default: nil
        }
    }

    /// `()`, or as Python 2 writes it, a list of pairs.
    private mutating func orderedDictionary(
        _ arguments: [PicklePlace]
    ) throws(DecodeError.Why) -> PickleValue? {
        var table = PickleTable()
        guard !arguments.isEmpty else { return .orderedDictionary(table) }
        guard let pairs = elements(of: arguments) else { return nil }
        try heap.spend(pairs.count)
        for pair in pairs {
            guard let parts = elements(of: [pair]), parts.count == 2 else { return nil }
            try heap.insert(parts[0], parts[1], into: &table)
        }
        return .orderedDictionary(table)
    }

    private mutating func defaultDictionary(
        classIndex: Int, _ arguments: [PicklePlace]
    ) throws(DecodeError.Why) -> PickleValue? {
        var factory = "None"
        switch arguments.first.map({ heap[$0] }) {
        case nil, PickleValue.none?: break
        case .classReference(let index)?:
            guard let name = heap.classes[index].constructor?.builtinTypeName else { return nil }
            factory = String(name)
        default: return nil
        }
        guard arguments.count <= 1 else { return nil }
        let dictionary = try heap.add(.dictionary(PickleTable()))
        return object(
            PickleObject(
                classIndex: classIndex, kind: .defaultDictionary(factory: factory), dictionary: dictionary
            )
        )
    }

    /// `()`, `(list,)` or `(list, maximum length)`.
    private mutating func deque(
        classIndex: Int, _ arguments: [PicklePlace]
    ) throws(DecodeError.Why) -> PickleValue? {
        var elements: [PicklePlace] = []
        if let first = arguments.first {
            guard let given = self.elements(of: [first]) else { return nil }
            elements = given
        }
        var maximum: Int64?
        if arguments.count == 2 {
            if let given = heap.integer(at: arguments[1]), given >= 0 {
                maximum = given
            } else if case .none = heap[arguments[1]] {
            } else {
                return nil
            }
        }
        guard arguments.count <= 2 else { return nil }
        try heap.spend(elements.count)
        let list = try heap.add(.list(elements))
        return object(PickleObject(classIndex: classIndex, kind: .deque(maximum: maximum), list: list))
    }

    /// `('3/7',)`, or two integers. Only shown by its `repr`, so the text is made at once.
    private mutating func fraction(
        classIndex: Int, _ arguments: [PicklePlace]
    ) throws(DecodeError.Why) -> PickleValue? {
        let numbers: [String]
        if arguments.count == 1, let text = heap.text(at: arguments[0]).flatMap(heap.ascii) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            numbers = parts.count == 1 ? parts + ["1"] : parts
        } else {
            numbers = arguments.compactMap { heap.integer(at: $0) }.map { String($0) }
        }
        let areIntegers = numbers.allSatisfy { number in
            let digits = number.hasPrefix("-") ? number.dropFirst() : number[...]
            return !digits.isEmpty && digits.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        }
        guard numbers.count == 2, areIntegers, numbers[1] != "0" else { return nil }
        let description = try heap.keep("Fraction(\(numbers[0]), \(numbers[1]))".utf8)
        return object(PickleObject(classIndex: classIndex, kind: .described(description)))
    }

    /// `getattr(ZoneInfo, '_unpickle')`, and no other attribute of anything.
    private mutating func unpickleMethod(_ arguments: [PicklePlace]) throws(DecodeError.Why) -> PickleValue? {
        guard arguments.count == 2, case .classReference(let index) = heap[arguments[0]],
            heap.classes[index].constructor == .zoneInfo, let name = heap.text(at: arguments[1]),
            heap.ascii(name) == "_unpickle"
        else { return nil }
        heap.classes.append(PickleClass(name: "zoneinfo.ZoneInfo", constructor: .zoneInfoUnpickle))
        return .classReference(heap.classes.count - 1)
    }

    /// `(class, base, state of the base)`: an instance, as protocols 0 and 1 write it.
    private mutating func reconstruct(_ arguments: [PicklePlace]) throws(DecodeError.Why) -> PickleValue? {
        guard arguments.count == 3, case .classReference(let index) = heap[arguments[0]],
            case .classReference(let baseIndex) = heap[arguments[1]]
        else { return nil }
        switch heap.classes[baseIndex].constructor {
        case .object:
            guard case .none = heap[arguments[2]] else { return nil }
            return try instance(ofClass: index, arguments: nil)
        case .tuple:
            guard case .tuple = heap[arguments[2]] else { return nil }
            return try instance(ofClass: index, arguments: arguments[2])
        case .text, .python2Text, .bytes, .integer, .longInteger, .float:
            return try instance(ofClass: index, arguments: try heap.add(.tuple([arguments[2]])))
        case .list:
            guard case .list(let elements) = heap[arguments[2]], heap.classes[index].constructor == nil else {
                return nil
            }
            try heap.spend(elements.count)
            return object(PickleObject(classIndex: index, list: try heap.add(.list(elements))))
        case .dictionary:
            guard case .dictionary(let table) = heap[arguments[2]], heap.classes[index].constructor == nil else {
                return nil
            }
            try heap.spend(table.keys.count)
            return object(PickleObject(classIndex: index, dictionary: try heap.add(.dictionary(table))))
        default: return nil
        }
    }

    /// An instance of a model: `('app', 'Model')` or the class, and up to Django 1.9 more.
    private mutating func model(_ arguments: [PicklePlace]) throws(DecodeError.Why) -> PickleValue? {
        guard let model = arguments.first else { return nil }
        switch heap[model] {
        case .classReference(let index) where heap.classes[index].constructor == nil:
            return object(PickleObject(classIndex: index))
        case .tuple(let parts):
            let names = parts.compactMap { heap.text(at: $0).flatMap(heap.ascii) }
            guard parts.count == 2, names.count == 2 else { return nil }
            heap.classes.append(PickleClass(name: names.joined(separator: "."), constructor: nil))
            return object(PickleObject(classIndex: heap.classes.count - 1))
        default: return nil
        }
    }
}

// MARK: Time zones

extension PickleMachine {
    private mutating func timeZone(
        _ constructor: PickleConstructor, classIndex: Int, _ arguments: [PicklePlace]
    ) throws(DecodeError.Why) -> PickleValue? {
        var zone = PickleTimeZone(classIndex: classIndex)
        switch constructor {
        case .djangoUTC, .pytzUTC:
            guard arguments.isEmpty else { return nil }
            zone.offset = 0
        case .timezone:
            guard (1...2).contains(arguments.count),
                case .timedelta(let days, let seconds, let microseconds) = heap[arguments[0]]
            else { return nil }
            zone.offset = PickleDates.microseconds(days: days, seconds: seconds, microseconds: microseconds)
            zone.name = arguments.count == 2 ? heap.text(at: arguments[1]) : nil
        case .djangoFixedOffset:
            // Its offset follows by BUILD.
            return arguments.isEmpty ? object(PickleObject(classIndex: classIndex, kind: .fixedOffset)) : nil
        case .pytzFixedOffset:
            guard arguments.count == 1, let minutes = heap.integer(at: arguments[0]), abs(minutes) < 1_440 else {
                return nil
            }
            zone.offset = minutes * 60_000_000
        case .pytzZone:
            // (name) or (name, offset from UTC in seconds, of that the daylight saving, abbreviation)
            guard [1, 4].contains(arguments.count), let name = heap.text(at: arguments[0]) else { return nil }
            zone.name = name
            if arguments.count == 4 {
                guard let seconds = heap.integer(at: arguments[1]), abs(seconds) < 86_400 else { return nil }
                zone.offset = seconds * 1_000_000
            }
        case .zoneInfoUnpickle:
            // (name, whether from the cache)
            guard arguments.count == 2, let name = heap.text(at: arguments[0]) else { return nil }
            zone.name = name
        default: return nil
        }
        return try timeZone(zone)
    }

    /// Offsets of a day or more are errors in Python.
    private mutating func timeZone(_ zone: PickleTimeZone) throws(DecodeError.Why) -> PickleValue {
        if let offset = zone.offset, abs(offset) >= PickleDates.dayMicroseconds { throw malformed }
        heap.zones.append(zone)
        return .timeZone(heap.zones.count - 1)
    }
}
