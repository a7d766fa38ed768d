/// The closed list of what a pickle may name to have a value built from arguments. Each is built by code of this target.
///
/// Names are those of Python 3; in protocols 0 to 2 Python 3 writes and reads some by their names in Python 2
/// (`__builtin__`, `copy_reg`; Lib/_compat_pickle.py).
enum PickleConstructor: String, CaseIterable {
    // Data of Python's own.
    case bytes = "builtins.bytes"
    case byteArray = "builtins.bytearray"
    case complex = "builtins.complex"
    case set = "builtins.set"
    case frozenSet = "builtins.frozenset"
    case encode = "_codecs.encode"
    case orderedDictionary = "collections.OrderedDict"
    case defaultDictionary = "collections.defaultdict"
    case deque = "collections.deque"
    case decimal = "decimal.Decimal"
    case fraction = "fractions.Fraction"
    case uuid = "uuid.UUID"
    case datetime = "datetime.datetime"
    case date = "datetime.date"
    case time = "datetime.time"
    case timedelta = "datetime.timedelta"

    // Time zones.
    case timezone = "datetime.timezone"
    /// The base of all time zones, which stands only as the base of a class.
    case tzinfo = "datetime.tzinfo"
    case djangoUTC = "django.utils.timezone.UTC"
    case djangoFixedOffset = "django.utils.timezone.FixedOffset"
    case pytzUTC = "pytz._UTC"
    case pytzFixedOffset = "pytz.FixedOffset"
    case pytzZone = "pytz._p"
    case zoneInfo = "zoneinfo.ZoneInfo"
    /// `ZoneInfo._unpickle`, which a pickle names by `getattr`, or since protocol 4 by its dotted name.
    case zoneInfoUnpickle = "zoneinfo.ZoneInfo._unpickle"
    case getAttribute = "builtins.getattr"

    // Types, which stand for themselves only as the factory of a defaultdict or the base of a class.
    case object = "builtins.object"
    case list = "builtins.list"
    case dictionary = "builtins.dict"
    case tuple = "builtins.tuple"
    case integer = "builtins.int"
    case longInteger = "builtins.long"
    case float = "builtins.float"
    case bool = "builtins.bool"
    case text = "builtins.str"
    case python2Text = "builtins.unicode"

    // Ways to say "an instance of".
    case reconstructor = "copyreg._reconstructor"
    case modelUnpickle = "django.db.models.base.model_unpickle"
    case lazyText = "django.utils.functional._lazy_proxy_unpickle"

    /// What a pickle means by a name; nil for a class that is not on the list.
    init?(module: String, name: String, protocolVersion: UInt8) {
        let meant =
            switch module {
            case "__builtin__" where protocolVersion < 3: "builtins"
            case "copy_reg" where protocolVersion < 3: "copyreg"
            default: module
            }
        guard let constructor = Self.byName["\(meant).\(name)"] else { return nil }
        self = constructor
    }

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

    /// Whether this is a type of Python's own, such as `list`.
    var isBuiltinType: Bool {
        switch self {
        case .object, .list, .dictionary, .tuple, .integer, .longInteger, .float, .bool, .text, .python2Text, .set,
            .frozenSet, .bytes, .byteArray, .complex:
            true
        default: false
        }
    }

    /// What Python 3 reads where a pickle of protocol 0 to 2 names a type by its name in Python 2 (Lib/_compat_pickle.py).
    var ofPython3: PickleConstructor {
        switch self {
        case .longInteger: .integer
        case .python2Text: .text
        default: self
        }
    }
}
