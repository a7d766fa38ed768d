/// What the closed list (``PickleConstructor``) makes of arguments: one function a class.
extension PickleMachine {
    /// The value that a constructor of the list makes of arguments; nil where it takes no such arguments.
    mutating func build(
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
            guard arguments.count == 1, let text = heap.text(at: arguments[0]) else { return nil }
            try heap.spend(text.count / PickleHeap.bytesPerCredit)
            return PickleDates.isDecimal(heap.bytes(of: text)) ? .scalar(.decimal, text) : nil
        case .fraction:
            return try fraction(classIndex: classIndex, arguments)
        case .datetime, .date, .time:
            return try PickleDates.value(of: constructor, arguments, in: &heap)
        case .timedelta:
            return PickleDates.timedelta(arguments, in: heap)
        case .timezone, .djangoUTC, .djangoFixedOffset, .pytzUTC, .pytzFixedOffset, .pytzZone, .zoneInfoUnpickle:
            return try timeZone(constructor, classIndex: classIndex, arguments)
        case .getAttribute:
            return try attribute(arguments)
        case .reconstructor:
            return try reconstruct(arguments)
        case .modelUnpickle:
            return try model(arguments)
        case .lazyText:
            return try lazyText(arguments)
        case .zoneInfo, .tzinfo, .uuid, .object, .list, .dictionary, .tuple, .integer, .longInteger, .float, .bool,
            .text,
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
        var factory: PickleConstructor?
        switch arguments.first.map({ heap[$0] }) {
        case nil, PickleValue.none?: break
        case .classReference(let index)?:
            guard let type = heap.classes[index].constructor, type.isBuiltinType else { return nil }
            factory = type
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
        var numbers: [String]
        if arguments.count == 1, let text = heap.text(at: arguments[0]).flatMap(heap.ascii) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            numbers = parts.count == 1 ? parts + ["1"] : parts
        } else {
            numbers = []
            for place in arguments {
                guard let digits = digits(at: place) else { return nil }
                try heap.spend(digits.utf8.count / PickleHeap.bytesPerCredit)
                numbers.append(digits)
            }
        }
        let areIntegers = numbers.allSatisfy { number in
            let digits = number.hasPrefix("-") ? number.dropFirst() : number[...]
            return !digits.isEmpty && digits.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        }
        guard numbers.count == 2, areIntegers, numbers[1] != "0" else { return nil }
        let description = try heap.keep("Fraction(\(numbers[0]), \(numbers[1]))".utf8)
        return object(PickleObject(classIndex: classIndex, kind: .described(description)))
    }

    /// The decimal digits of an integer; nil where none stands there.
    private func digits(at place: PicklePlace) -> String? {
        if case .bigInteger(let text) = heap[place] { return heap.ascii(text) }
        return heap.integer(at: place).map { String($0) }
    }

    /// `getattr(ZoneInfo, '_unpickle')`; or a member of an application's `Enum`, which Python 3.11 writes by its name. No
    /// other attribute of anything.
    private mutating func attribute(_ arguments: [PicklePlace]) throws(DecodeError.Why) -> PickleValue? {
        guard arguments.count == 2, case .classReference(let index) = heap[arguments[0]],
            let text = heap.text(at: arguments[1]), text.count <= Self.nameBytes, let name = heap.ascii(text)
        else { return nil }
        try heap.spend(text.count / PickleHeap.bytesPerCredit)
        switch heap.classes[index].constructor {
        case .zoneInfo where name == "_unpickle":
            let unpickle = PickleClass(name: PickleConstructor.zoneInfo.rawValue, constructor: .zoneInfoUnpickle)
            return .classReference(heap.index(of: unpickle, as: PickleConstructor.zoneInfoUnpickle.rawValue))
        case nil where heap.classes[index].mayBeCalled && !name.hasPrefix("_"):
            let member = try heap.add(.tuple([arguments[1]]))
            return object(PickleObject(classIndex: index, arguments: member))
        default: return nil
        }
    }

    /// `(function, arguments, keywords, classes…)`: a text that Django makes when it is shown, by one of its functions that translate
    /// (`gettext_lazy`) or find addresses (`reverse_lazy`). What the function is to be given is kept.
    private mutating func lazyText(_ arguments: [PicklePlace]) throws(DecodeError.Why) -> PickleValue? {
        guard arguments.count >= 3, case .classReference(let index) = heap[arguments[0]],
            Self.lazyFunctionModules.contains(where: heap.classes[index].name.hasPrefix),
            case .tuple = heap[arguments[1]], case .dictionary(let keywords) = heap[arguments[2]]
        else { return nil }
        let proxy = heap.index(of: PickleClass(name: "django.utils.functional.__proxy__", constructor: nil))
        return object(
            PickleObject(
                classIndex: proxy, arguments: arguments[1],
                dictionary: keywords.keys.isEmpty ? nil : arguments[2]
            )
        )
    }

    private static let lazyFunctionModules = ["django.utils.translation.", "django.urls.", "django.core.urlresolvers."]

    /// `(class, base, state of the base)`: an instance, as protocols 0 and 1 write it.
    private mutating func reconstruct(_ arguments: [PicklePlace]) throws(DecodeError.Why) -> PickleValue? {
        guard arguments.count == 3, case .classReference(let index) = heap[arguments[0]],
            case .classReference(let baseIndex) = heap[arguments[1]]
        else { return nil }
        switch heap.classes[baseIndex].constructor {
        case .object:
            guard case .none = heap[arguments[2]] else { return nil }
            return try instance(ofClass: index, arguments: nil)
        case .tzinfo:
            return try instance(ofClass: index, arguments: nil)
        case .tuple:
            guard case .tuple = heap[arguments[2]] else { return nil }
            return try instance(ofClass: index, arguments: arguments[2])
        case .text, .python2Text, .bytes, .integer, .longInteger, .float:
            return try instance(ofClass: index, arguments: try heap.add(.tuple([arguments[2]])))
        case .list:
            guard case .list(let elements) = heap[arguments[2]], isPlain(index) else { return nil }
            try heap.spend(elements.count)
            return object(PickleObject(classIndex: index, list: try heap.add(.list(elements))))
        case .dictionary:
            guard case .dictionary(let table) = heap[arguments[2]], isPlain(index) else { return nil }
            try heap.spend(table.keys.count)
            return object(PickleObject(classIndex: index, dictionary: try heap.add(.dictionary(table))))
        default: return nil
        }
    }

    /// Whether instances of a class are data, and of no form of their own.
    private func isPlain(_ index: Int) -> Bool {
        heap.classes[index].constructor == nil && heap.classes[index].mayBeInstantiated
    }

    /// An instance of a model: `('app', 'Model')` or the class, and up to Django 1.9 more.
    private mutating func model(_ arguments: [PicklePlace]) throws(DecodeError.Why) -> PickleValue? {
        guard let model = arguments.first else { return nil }
        switch heap[model] {
        case .classReference(let index) where isPlain(index):
            return object(PickleObject(classIndex: index))
        case .tuple(let parts):
            guard parts.count == 2, let app = heap.text(at: parts[0]), let name = heap.text(at: parts[1]),
                case .classReference(let index) = try reference(module: app, name: name), isPlain(index)
            else { return nil }
            return object(PickleObject(classIndex: index))
        default: return nil
        }
    }
}
