/// A value that a pickle builds. Containers name their parts by place in the heap, so that values can be shared and can hold
/// themselves, as in Python.
enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int64)
    /// An integer beyond 64 bits, by its decimal digits with a sign.
    case bigInteger(PickleText)
    case float(Double)
    case complex(Double, Double)
    case text(PickleText)
    /// A `str` of Python 2, which is bytes that are shown as text where they are ASCII.
    case python2Text(PickleText)
    case bytes(PickleText)
    case byteArray(PickleText)
    case list([PicklePlace])
    case tuple([PicklePlace])
    case dictionary(PickleTable)
    case orderedDictionary(PickleTable)
    case set(PickleTable)
    case frozenSet(PickleTable)
    /// A value that the contract tags and writes as a text, such as `{"$py":"UUID","v":…}`.
    case scalar(Scalar, PickleText)
    /// A datetime whose offset only a database of time zones knows, and the name of its zone.
    case datetimeInZone(PickleText, zone: PickleText)
    case timedelta(days: Int32, seconds: Int32, microseconds: Int32)
    /// An entry of the heap's `zones`.
    case timeZone(Int)
    /// An entry of the heap's `classes`: a name, never the class.
    case classReference(Int)
    /// An entry of the heap's `objects`.
    case object(Int)

    /// Classes whose values are written as a text.
    enum Scalar: UInt8 {
        case decimal, uuid, datetime, date, time

        /// The contract's word for it.
        var tag: StaticString {
            switch self {
            case .decimal: "Decimal"
            case .uuid: "UUID"
            case .datetime: "datetime"
            case .date: "date"
            case .time: "time"
            }
        }
    }
}

/// Where a value lies in the heap.
typealias PicklePlace = Int

/// Bytes in the pickle itself or in the heap's scratch space.
///
/// Of texts they are UTF-8 in which a surrogate that stands alone is encoded like any other code point, as Python's
/// `surrogatepass` does it.
struct PickleText: Hashable {
    var start: UInt32
    var end: UInt32
    var isInScratch: Bool
    var isASCII: Bool
    var hasSurrogates = false

    var count: Int { Int(end - start) }
}

/// The entries of a dictionary, or the elements of a set, in the order in which they were first put in.
struct PickleTable {
    var keys: [PicklePlace] = []
    /// As many as `keys`; empty in a set.
    var values: [PicklePlace] = []
    /// Where each key stands, once there are many of them or one is no text.
    var index: [[UInt8]: Int]?
}

/// A time zone: an offset from UTC, or a name where only a database knows the offset.
struct PickleTimeZone {
    /// What the class is called.
    var classIndex: Int
    /// In microseconds, east of Greenwich is positive; nil where it depends on the date.
    var offset: Int64?
    /// The zone's or the offset's name.
    var name: PickleText?
}

/// A class by its name.
struct PickleClass {
    /// `module.Class`.
    let name: String
    /// What it builds; nil for a class outside of the closed list.
    let constructor: PickleConstructor?
    /// Whether an instance of it is data.
    var mayBeInstantiated = false
    /// Whether a call of it is data.
    var mayBeCalled = false
}

/// An instance of a class that is kept as data: the class's name and what the pickle gives as its state.
struct PickleObject {
    var classIndex: Int
    var kind: Kind = .instance
    /// A tuple of what the class is built from, where that is part of its state, as in a subclass of `str` or a namedtuple.
    var arguments: PicklePlace?
    /// What `BUILD` sets: the attributes.
    var state: PicklePlace?
    /// What is appended to a subclass of `list`, or a deque's elements.
    var list: PicklePlace?
    /// What is put into a subclass of `dict`, or a defaultdict's entries.
    var dictionary: PicklePlace?

    enum Kind {
        /// Shown by its attributes.
        case instance
        /// A text by `mark_safe`.
        case safeString(PickleText)
        /// Shown by its `repr`, which is this text.
        case described(PickleText)
        /// Shown by its `repr`.
        case deque(maximum: Int64?)
        /// Shown by its `repr`; the factory is a type of Python's own, or nil for `None`.
        case defaultDictionary(factory: PickleConstructor?)
        /// Its state says all.
        case uuid, fixedOffset
    }
}
