/// Everything that a pickle has built so far, and the bytes that it is made of.
///
/// Nothing here is an instance of anything: values are cases of an enum, and their parts are numbers of places.
struct PickleHeap {
    /// The pickle itself.
    let input: [UInt8]
    /// Texts that do not stand in the pickle as they are.
    private var scratch: [UInt8] = []
    private var values: [PickleValue] = []
    private(set) var classes: [PickleClass] = []
    /// Where each class stands in `classes`; a name that is used a million times is kept once.
    private var classIndices: [String: Int] = [:]
    /// The same by where the module and the name stand, so that a name in the memo is looked at once.
    private var classIndicesByPlace: [[PickleText]: Int] = [:]
    var objects: [PickleObject] = []
    var zones: [PickleTimeZone] = []
    private let bounds: DecodeBounds
    /// What may still be done, in opcodes; copying and comparing cost some, too.
    private var credit: Int

    init(input: [UInt8], bounds: DecodeBounds) {
        self.input = input
        self.bounds = bounds
        credit = bounds.opcodes
    }

    /// How many values there are.
    var count: Int { values.count }

    subscript(place: PicklePlace) -> PickleValue {
        _read { yield values[place] }
        _modify { yield &values[place] }
    }

    /// Puts a value at a new place.
    mutating func add(_ value: PickleValue) throws(DecodeError.Why) -> PicklePlace {
        guard values.count < bounds.elements else { throw .bound(.elements, limit: bounds.elements) }
        values.append(value)
        return values.count - 1
    }

    /// The index of a class, which is kept once however often it is named.
    ///
    /// - Parameter name: by which it is named, where that is not the class's own.
    mutating func index(of pickleClass: PickleClass, as name: String? = nil) -> Int {
        let key = name ?? pickleClass.name
        if let index = classIndices[key] { return index }
        classes.append(pickleClass)
        classIndices[key] = classes.count - 1
        return classes.count - 1
    }

    /// The index of a class by its module and name, if these very texts named one before.
    func indexOfClass(named place: [PickleText]) -> Int? { classIndicesByPlace[place] }

    /// Remembers what these texts name.
    mutating func note(_ index: Int, named place: [PickleText]) { classIndicesByPlace[place] = index }

    /// Takes the value out of its place, so that it can be changed without a copy and be put back.
    mutating func take(_ place: PicklePlace) -> PickleValue {
        var value = PickleValue.none
        swap(&value, &values[place])
        return value
    }

    /// Bytes that are compared, hashed or checked at the cost of an opcode.
    static let bytesPerCredit = 16

    /// Pays for work of so many opcodes.
    mutating func spend(_ amount: Int) throws(DecodeError.Why) {
        credit -= amount
        guard credit >= 0 else { throw .bound(.opcodes, limit: bounds.opcodes) }
    }
}

/// Texts.
extension PickleHeap {
    /// The bytes of a text.
    func bytes(of text: PickleText) -> ArraySlice<UInt8> {
        (text.isInScratch ? scratch : input)[Int(text.start)..<Int(text.end)]
    }

    /// Keeps bytes that do not stand in the pickle.
    mutating func keep(_ bytes: some Collection<UInt8>) throws(DecodeError.Why) -> PickleText {
        guard bytes.count <= bounds.expandedBytes - scratch.count else {
            throw .bound(.expandedBytes, limit: bounds.expandedBytes)
        }
        let start = scratch.count
        scratch.append(contentsOf: bytes)
        let isASCII = scratch[start...].allSatisfy { $0 < 0x80 }
        return PickleText(
            start: UInt32(start), end: UInt32(scratch.count), isInScratch: true, isASCII: isASCII
        )
    }

    /// A text that is ASCII, as a string; nil for any other.
    func ascii(_ text: PickleText) -> String? {
        text.isASCII ? String(decoding: bytes(of: text), as: UTF8.self) : nil
    }

    /// The text at a place, where one stands there that is not of Python 2's bytes above ASCII.
    func text(at place: PicklePlace) -> PickleText? {
        switch values[place] {
        case .text(let text): text
        case .python2Text(let text) where text.isASCII: text
        default: nil
        }
    }

    /// The bytes at a place, where such stand there, as Python 2 and 3 have them.
    func byteString(at place: PicklePlace) -> PickleText? {
        switch values[place] {
        case .bytes(let text), .byteArray(let text), .python2Text(let text): text
        default: nil
        }
    }

    /// The number at a place, where an integer of 64 bits stands there.
    func integer(at place: PicklePlace) -> Int64? {
        switch values[place] {
        case .integer(let number): number
        case .bool(let flag): flag ? 1 : 0
        default: nil
        }
    }
}
