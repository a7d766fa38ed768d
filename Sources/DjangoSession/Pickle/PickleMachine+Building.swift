/// The opcodes that in Python would call something: here they build data by the closed list, or are errors.
extension PickleMachine {
    /// GLOBAL and STACK_GLOBAL: a name.
    mutating func reference(module: PickleText, name: PickleText) throws(DecodeError.Why) -> PickleValue {
        if let index = heap.indexOfClass(named: [module, name]) { return .classReference(index) }
        let byteCount = module.count + name.count
        guard module.count > 0, name.count > 0, byteCount <= Self.nameBytes else { throw malformed }
        try heap.spend(byteCount / PickleHeap.bytesPerCredit)
        guard let moduleText = String(validating: heap.bytes(of: module), as: UTF8.self),
            let nameText = String(validating: heap.bytes(of: name), as: UTF8.self)
        else { throw malformed }
        let className = PickleClassName(module: moduleText, name: nameText)
        let constructor = PickleConstructor(module: moduleText, name: nameText, protocolVersion: protocolVersion)
        let index =
            if let constructor { heap.index(of: listed(constructor, className), as: className.text) } else {
                heap.index(of: try unlisted(className))
            }
        heap.note(index, named: [module, name])
        return .classReference(index)
    }

    private func listed(_ constructor: PickleConstructor, _ name: PickleClassName) -> PickleClass {
        // What this method makes are instances of its class.
        let isMethod = constructor == .zoneInfoUnpickle
        return PickleClass(
            name: isMethod ? PickleConstructor.zoneInfo.rawValue : name.text, constructor: constructor
        )
    }

    private func unlisted(_ name: PickleClassName) throws(DecodeError.Why) -> PickleClass {
        guard name.isWellFormed else { throw unsafe(.misnamedClass) }
        var name = name
        if name.module == Self.safeStrings {
            guard let meant = rules.safeStrings[name.name] else { throw unsafe(.unknownClass(name.text)) }
            name = PickleClassName(module: name.module, name: meant)
        }
        return PickleClass(
            name: name.text, constructor: nil, mayBeInstantiated: name.mayBeInstantiated, mayBeCalled: name.mayBeCalled
        )
    }

    static let safeStrings = "django.utils.safestring"

    /// The longest name of a class, in bytes.
    static let nameBytes = 512

    /// The name of the class at a place, for an error.
    func className(at place: PicklePlace) -> String {
        guard case .classReference(let index) = heap[place] else { return "" }
        return heap.classes[index].name
    }

    /// REDUCE: in Python, a call of whatever stands there. Only the closed list builds something; the rest is kept or refused.
    mutating func reduce(
        _ callable: PicklePlace, arguments: PicklePlace
    ) throws(DecodeError.Why) -> PickleValue {
        guard case .classReference(let index) = heap[callable], case .tuple(let parts) = heap[arguments] else {
            throw malformed
        }
        let name = heap.classes[index].name
        guard let constructor = heap.classes[index].constructor else {
            guard heap.classes[index].mayBeCalled else { throw unsafe(.call(name)) }
            return object(PickleObject(classIndex: index, arguments: parts.isEmpty ? nil : arguments))
        }
        try heap.spend(parts.count)
        guard let value = try build(constructor, classIndex: index, parts) else { throw unsafe(.call(name)) }
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
        let name = heap.classes[index].name
        guard !hasArguments, heap.classes[index].constructor == nil else { throw unsafe(.call(name)) }
        return try instance(ofClass: index, arguments: nil)
    }

    /// An instance without its state yet, from the place of a tuple, if any.
    mutating func instance(
        ofClass index: Int, arguments: PicklePlace?
    ) throws(DecodeError.Why) -> PickleValue {
        var parts: [PicklePlace] = []
        if let arguments, case .tuple(let places) = heap[arguments] { parts = places }
        switch heap.classes[index].constructor {
        case nil where heap.classes[index].mayBeInstantiated: break
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

    /// The list in an object that elements are appended to. No class is both a list and a dictionary.
    mutating func list(ofObject number: Int) throws(DecodeError.Why) -> PicklePlace {
        if let list = heap.objects[number].list { return list }
        guard case .instance = heap.objects[number].kind, heap.objects[number].dictionary == nil else {
            throw malformed
        }
        let list = try heap.add(.list([]))
        heap.objects[number].list = list
        return list
    }

    /// The dictionary in an object that entries are put into.
    mutating func dictionary(ofObject number: Int) throws(DecodeError.Why) -> PicklePlace {
        if let dictionary = heap.objects[number].dictionary { return dictionary }
        guard case .instance = heap.objects[number].kind, heap.objects[number].list == nil else { throw malformed }
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
            guard let slots = try dictionaryEntries(at: parts[1]) else { break }
            let attributes = try dictionaryEntries(at: parts[0])
            if attributes == nil, case .none = heap[parts[0]] {} else if attributes == nil { break }
            return try mergeState(ofObject: number, (attributes ?? []) + slots)
        case .dictionary:
            guard heap.objects[number].state != nil else { break }
            return try mergeState(ofObject: number, try dictionaryEntries(at: state) ?? [])
        default: break
        }
        guard heap.objects[number].state == nil else { throw malformed }
        heap.objects[number].state = state
    }

    /// Keys and values of a dictionary, one after the other.
    private mutating func dictionaryEntries(at place: PicklePlace) throws(DecodeError.Why) -> [PicklePlace]? {
        guard case .dictionary(let table) = heap[place] else { return nil }
        try heap.spend(table.keys.count)
        return zip(table.keys, table.values).flatMap { [$0, $1] }
    }

    private mutating func mergeState(
        ofObject number: Int, _ entries: [PicklePlace]
    ) throws(DecodeError.Why) {
        let merged = try heap.add(.dictionary(PickleTable()))
        if let state = heap.objects[number].state {
            guard let before = try dictionaryEntries(at: state) else { throw malformed }
            try set(before, in: merged)
        }
        try set(entries, in: merged)
        heap.objects[number].state = merged
    }
}
