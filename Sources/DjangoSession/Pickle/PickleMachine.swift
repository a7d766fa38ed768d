/// Runs a pickle, protocols 0 to 5, and builds what it describes, as data: opcodes push, pop and join values on a stack
/// (Lib/pickletools.py says what each does, Modules/_pickle.c what is an error).
///
/// ```
///   input ──opcode──▶ stack ──┬─ EMPTY_DICT, BINUNICODE, … push a value
///                     │ marks ├─ SETITEMS, APPENDS, TUPLE … take values down to the last mark
///                     ▼       ├─ GLOBAL pushes a name; nothing is imported
///                    memo     └─ REDUCE, NEWOBJ, BUILD build data from a name of a closed list
/// ```
/// Python's own reader calls whatever a pickle names, with whatever arguments it gives, so that a pickle is a program with the
/// rights of its reader. Here a name is looked up in a closed list (``PickleConstructor``) of classes whose values are data,
/// and each is built by code of this target. Any other class stays its name with its attributes or arguments; any other name
/// of Python's own is an error (``PickleClassName``). There is nothing that could be called.
struct PickleMachine {
    var heap: PickleHeap
    let rules: DjangoRules
    private let bounds: DecodeBounds

    /// Index of the next byte to read.
    private var at = 0
    /// Where the opcode that is being carried out begins.
    private var opcodeStart = 0
    /// Where the current frame ends; nil outside of frames.
    private var frameEnd: Int?
    private(set) var protocolVersion: UInt8 = 0
    private var evidence: PythonEvidence

    private var stack: [PicklePlace] = []
    /// Heights of the stack at which a mark lies.
    private var marks: [Int] = []
    private var memo: [PicklePlace?] = []
    /// Opcodes that only copied or dropped what was on the stack.
    private var idleCount = 0

    /// What a pickle describes, and the values of which it consists.
    struct Result {
        let root: PicklePlace
        let heap: PickleHeap
        /// Whether Python 2 wrote it, which shows in how values describe themselves.
        let isOfPython2: Bool
    }

    /// Runs a pickle to its end. Bytes after the end are ignored, as Python ignores them.
    static func run(
        _ pickle: ArraySlice<UInt8>, rules: DjangoRules, bounds: DecodeBounds
    ) throws(DecodeError.Why) -> Result {
        var machine = PickleMachine(input: Array(pickle), rules: rules, bounds: bounds)
        let root = try machine.run()
        return Result(root: root, heap: machine.heap, isOfPython2: machine.evidence.isOfPython2)
    }

    private init(input: [UInt8], rules: DjangoRules, bounds: DecodeBounds) {
        heap = PickleHeap(input: input, bounds: bounds)
        self.rules = rules
        self.bounds = bounds
        evidence = PythonEvidence(candidates: rules.pythons)
    }

    /// The error for the current opcode.
    var malformed: DecodeError.Why { .badPickle(offset: opcodeStart) }

    private mutating func run() throws(DecodeError.Why) -> PicklePlace {
        while true {
            opcodeStart = at
            if at == frameEnd { frameEnd = nil }
            guard let opcode = PickleOpcode(rawValue: try readByte()) else { throw malformed }
            try heap.spend(1)
            if opcode.isOfPython3 { try exclude(.two) }
            if opcode == .stop { return try pop() }
            try carryOut(opcode)
        }
    }

    private mutating func carryOut(_ opcode: PickleOpcode) throws(DecodeError.Why) {
        switch opcode {
        case .mark: marks.append(stack.count)
        case .pop: try dropTop()
        case .popMark: _ = try popToMark()
        case .dup:
            try countIdle()
            stack.append(try top())
        case .none: try push(.none)
        case .newTrue: try push(.bool(true))
        case .newFalse: try push(.bool(false))

        case .int: try pushNumber(try PickleNumbers.integerOrBool(try readLine(), of: &heap, bounds: bounds))
        case .long: try pushNumber(try PickleNumbers.long(try readLine(), of: &heap, bounds: bounds))
        case .binInt: try push(.integer(Int64(Int32(bitPattern: UInt32(try readLittleEndian(4))))))
        case .binInt1: try push(.integer(Int64(try readByte())))
        case .binInt2: try push(.integer(Int64(try readLittleEndian(2))))
        case .long1: try pushLong(count: Int(try readByte()))
        case .long4: try pushLong(count: try readCount(4, isSigned: true))
        case .float: try pushNumber(try PickleNumbers.float(try readLine(), of: heap))
        case .binFloat: try push(.float(Double(bitPattern: (try readLittleEndian(8)).byteSwapped)))

        case .string: try pushQuotedString()
        case .binString: try pushPython2Text(count: try readCount(4, isSigned: true))
        case .shortBinString: try pushPython2Text(count: Int(try readByte()))
        case .unicode: try pushEscapedText()
        case .binUnicode: try pushText(count: try readCount(4))
        case .shortBinUnicode: try pushText(count: Int(try readByte()))
        case .binUnicode8: try pushText(count: try readCount(8))
        case .binBytes: try push(.bytes(try readText(count: try readCount(4))))
        case .shortBinBytes: try push(.bytes(try readText(count: Int(try readByte()))))
        case .binBytes8: try push(.bytes(try readText(count: try readCount(8))))
        case .byteArray8: try push(.byteArray(try readText(count: try readCount(8))))

        case .emptyList: try push(.list([]))
        case .emptyDict: try push(.dictionary(PickleTable()))
        case .emptySet: try push(.set(PickleTable()))
        case .emptyTuple: try push(.tuple([]))
        case .tuple1: try pushTuple(count: 1)
        case .tuple2: try pushTuple(count: 2)
        case .tuple3: try pushTuple(count: 3)
        case .tuple: try push(.tuple(try popToMark()))
        case .list: try push(.list(try popToMark()))
        case .dict:
            let entries = try popToMark()
            let place = try heap.add(.dictionary(PickleTable()))
            stack.append(place)
            try set(entries, in: place)
        case .frozenSet: try push(.frozenSet(try table(of: try popToMark())))
        case .append:
            let element = try pop()
            try append([element], to: try top())
        case .appends:
            let elements = try popToMark()
            try append(elements[...], to: try top())
        case .setItem:
            let value = try pop()
            let key = try pop()
            try set([key, value], in: try top())
        case .setItems:
            let entries = try popToMark()
            try set(entries, in: try top())
        case .addItems:
            let elements = try popToMark()
            try addElements(elements, to: try top())

        case .put: try memoize(at: try readDecimal())
        case .binPut: try memoize(at: Int(try readByte()))
        case .longBinPut: try memoize(at: try readCount(4))
        case .memoize: try memoize(at: memo.count)
        case .get: try recall(try readDecimal())
        case .binGet: try recall(Int(try readByte()))
        case .longBinGet: try recall(try readCount(4))

        case .proto:
            protocolVersion = try readByte()
            guard protocolVersion <= 5 else { throw malformed }
            if protocolVersion > 2 { try exclude(.two) }
        case .frame: try beginFrame(count: try readCount(8))

        case .global:
            let module = try readLine()
            let name = try readLine()
            try push(try reference(module: module, name: name))
        case .stackGlobal:
            let name = try pop()
            let module = try pop()
            guard case .text(let nameText) = heap[name], case .text(let moduleText) = heap[module] else {
                throw malformed
            }
            try push(try reference(module: moduleText, name: nameText))
        case .reduce:
            let arguments = try pop()
            try push(try reduce(try pop(), arguments: arguments))
        case .newObject:
            let arguments = try pop()
            try push(try newObject(of: try pop(), arguments: arguments))
        case .build:
            let state = try pop()
            try build(try top(), state: state)
        case .inst:
            let module = try readLine()
            let name = try readLine()
            let arguments = try popToMark()
            let reference = try heap.add(try reference(module: module, name: name))
            try push(try oldStyleInstance(of: reference, hasArguments: !arguments.isEmpty))
        case .obj:
            let parts = try popToMark()
            guard let reference = parts.first else { throw malformed }
            try push(try oldStyleInstance(of: reference, hasArguments: parts.count > 1))

        case .newObjectWithKeywords:
            _ = try pop()
            _ = try pop()
            throw unsafe(.call(className(at: try pop())))
        case .persistentID, .binPersistentID: throw unsafe(.persistentID)
        case .extension1, .extension2, .extension4: throw unsafe(.extensionCode)
        case .nextBuffer, .readOnlyBuffer: throw unsafe(.outOfBandBuffer)
        case .stop: break
        }
    }

    func unsafe(_ hazard: DecodeError.PickleHazard) -> DecodeError.Why { .unsafePickle(hazard) }

    private mutating func exclude(_ python: DjangoRules.Python) throws(DecodeError.Why) {
        guard evidence.exclude(python) else { throw malformed }
    }
}

// MARK: Reading

extension PickleMachine {
    /// How many bytes may be read before the frame or the input ends. A frame ends between two opcodes, and nowhere else.
    private var available: Int { (frameEnd ?? heap.input.count) - at }

    private mutating func readByte() throws(DecodeError.Why) -> UInt8 {
        guard available >= 1 else { throw malformed }
        at += 1
        return heap.input[at - 1]
    }

    private mutating func readLittleEndian(_ count: Int) throws(DecodeError.Why) -> UInt64 {
        guard available >= count else { throw malformed }
        var number: UInt64 = 0
        for offset in 0..<count { number |= UInt64(heap.input[at + offset]) << UInt64(8 * offset) }
        at += count
        return number
    }

    /// A count of bytes, of an index in the memo.
    private mutating func readCount(_ size: Int, isSigned: Bool = false) throws(DecodeError.Why) -> Int {
        let number = try readLittleEndian(size)
        guard let count = Int(exactly: number), !isSigned || count <= Int(Int32.max) else { throw malformed }
        return count
    }

    /// The range of the next `count` bytes.
    private mutating func read(count: Int) throws(DecodeError.Why) -> Range<Int> {
        guard count <= available else { throw malformed }
        at += count
        return at - count..<at
    }

    private mutating func readText(count: Int) throws(DecodeError.Why) -> PickleText {
        let range = try read(count: count)
        return PickleText(
            start: UInt32(range.lowerBound), end: UInt32(range.upperBound), isInScratch: false,
            isASCII: heap.input[range].allSatisfy { $0 < 0x80 }
        )
    }

    /// The bytes up to the next line feed, which is read and left out.
    private mutating func readLine() throws(DecodeError.Why) -> PickleText {
        let end = at + available
        guard let lineFeed = heap.input[at..<end].firstIndex(of: UInt8(ascii: "\n")) else { throw malformed }
        let line = try readText(count: lineFeed - at)
        at += 1
        return line
    }

    /// An index in the memo, as decimal digits.
    private mutating func readDecimal() throws(DecodeError.Why) -> Int {
        let line = try readLine()
        guard let number = heap.ascii(line).flatMap({ Int($0) }), number >= 0 else { throw malformed }
        return number
    }

    private mutating func beginFrame(count: Int) throws(DecodeError.Why) {
        guard frameEnd == nil, count <= available else { throw malformed }
        frameEnd = at + count
    }
}

// MARK: The stack and the memo

extension PickleMachine {
    private mutating func push(_ value: PickleValue) throws(DecodeError.Why) {
        stack.append(try heap.add(value))
    }

    /// The height below which an opcode may not reach: that of the last mark.
    private var fence: Int { marks.last ?? 0 }

    private func top() throws(DecodeError.Why) -> PicklePlace {
        guard stack.count > fence, let place = stack.last else { throw malformed }
        return place
    }

    private mutating func pop() throws(DecodeError.Why) -> PicklePlace {
        let place = try top()
        stack.removeLast()
        return place
    }

    /// `POP`, which also takes a mark away.
    private mutating func dropTop() throws(DecodeError.Why) {
        try countIdle()
        if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    }

    private mutating func popToMark() throws(DecodeError.Why) -> [PicklePlace] {
        guard let mark = marks.popLast() else { throw malformed }
        let places = Array(stack[mark...])
        stack.removeLast(places.count)
        return places
    }

    private mutating func countIdle() throws(DecodeError.Why) {
        idleCount += 1
        guard idleCount <= bounds.idleOpcodes else { throw .bound(.idleOpcodes, limit: bounds.idleOpcodes) }
    }

    private mutating func memoize(at index: Int) throws(DecodeError.Why) {
        guard index < bounds.memoEntries else { throw .bound(.memoEntries, limit: bounds.memoEntries) }
        evidence.noteMemo(index)
        if index >= memo.count { memo.append(contentsOf: repeatElement(nil, count: index + 1 - memo.count)) }
        memo[index] = try top()
    }

    private mutating func recall(_ index: Int) throws(DecodeError.Why) {
        guard index < memo.count, let place = memo[index] else { throw malformed }
        stack.append(place)
    }
}

// MARK: Numbers and texts

extension PickleMachine {
    /// Pushes a number that was a text; nil where the text was none.
    private mutating func pushNumber(_ number: PickleValue?) throws(DecodeError.Why) {
        guard let number else { throw malformed }
        try push(number)
    }

    private mutating func pushLong(count: Int) throws(DecodeError.Why) {
        let range = try read(count: count)
        try push(try PickleNumbers.long(littleEndian: range, of: &heap, bounds: bounds))
    }

    private mutating func pushText(count: Int) throws(DecodeError.Why) {
        var text = try readText(count: count)
        if !text.isASCII {
            guard let form = SurrogateUTF8.form(of: heap.bytes(of: text)) else { throw malformed }
            text.hasSurrogates = form == .hasSurrogates
        }
        try push(.text(text))
    }

    private mutating func pushEscapedText() throws(DecodeError.Why) {
        let line = try readLine()
        guard let decoded = PickleEscapes.rawUnicode(heap.bytes(of: line)) else { throw malformed }
        var text = try heap.keep(decoded)
        text.hasSurrogates = SurrogateUTF8.form(of: decoded[...]) == .hasSurrogates
        try push(.text(text))
    }

    private mutating func pushQuotedString() throws(DecodeError.Why) {
        let line = try readLine()
        guard let decoded = PickleEscapes.quotedString(heap.bytes(of: line)) else { throw malformed }
        try pushPython2Text(try heap.keep(decoded))
    }

    private mutating func pushPython2Text(count: Int) throws(DecodeError.Why) {
        try pushPython2Text(try readText(count: count))
    }

    /// Python 3 reads such a text only where it is ASCII, as a `str`.
    private mutating func pushPython2Text(_ text: PickleText) throws(DecodeError.Why) {
        evidence.noteString()
        if !text.isASCII { try exclude(.three) }
        try push(.python2Text(text))
    }
}

// MARK: Containers

extension PickleMachine {
    private mutating func pushTuple(count: Int) throws(DecodeError.Why) {
        guard stack.count - fence >= count else { throw malformed }
        let parts = Array(stack[(stack.count - count)...])
        stack.removeLast(count)
        try push(.tuple(parts))
    }

    /// A set of places.
    mutating func table(of elements: [PicklePlace]) throws(DecodeError.Why) -> PickleTable {
        var table = PickleTable()
        try heap.spend(elements.count)
        for element in elements { try heap.insert(element, nil, into: &table) }
        return table
    }

    /// Puts keys and values, one after the other, into a dictionary or something like it.
    mutating func set(_ entries: [PicklePlace], in place: PicklePlace) throws(DecodeError.Why) {
        guard entries.count.isMultiple(of: 2) else { throw malformed }
        if case .object(let number) = heap[place] {
            return try set(entries, in: try dictionary(ofObject: number))
        }
        try heap.spend(entries.count / 2)
        switch heap.take(place) {
        case .dictionary(var table):
            try insert(entries, into: &table)
            heap[place] = .dictionary(table)
        case .orderedDictionary(var table):
            try insert(entries, into: &table)
            heap[place] = .orderedDictionary(table)
        default: throw malformed
        }
    }

    private mutating func insert(
        _ entries: [PicklePlace], into table: inout PickleTable
    ) throws(DecodeError.Why) {
        for position in stride(from: 0, to: entries.count, by: 2) {
            try heap.insert(entries[position], entries[position + 1], into: &table)
        }
    }

    private mutating func append(
        _ elements: ArraySlice<PicklePlace>, to place: PicklePlace
    ) throws(DecodeError.Why) {
        if case .object(let number) = heap[place] {
            return try append(elements, to: try list(ofObject: number))
        }
        guard case .list(var list) = heap.take(place) else { throw malformed }
        list.append(contentsOf: elements)
        heap[place] = .list(list)
    }

    private mutating func addElements(
        _ elements: [PicklePlace], to place: PicklePlace
    ) throws(DecodeError.Why) {
        guard case .set(var table) = heap.take(place) else { throw malformed }
        for element in elements { try heap.insert(element, nil, into: &table) }
        heap[place] = .set(table)
    }
}
