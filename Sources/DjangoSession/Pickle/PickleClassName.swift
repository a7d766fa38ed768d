/// The name by which a pickle means a class or a function: its module and its name there.
///
/// A pickle that a site meant to store names classes, and writes an instance as its class with its state, or where a class has a
/// way of its own, as a call of the class (an `Enum` member as `Status(1)`). A hostile one names functions. Nothing is called or
/// imported here either way; but what no site means to store is an error, and not data.
struct PickleClassName {
    let module: String
    /// The qualified name: of a class inside another one `Outer.Inner`, since protocol 4.
    let name: String

    /// `module.name`.
    var text: String { "\(module).\(name)" }

    /// Whether Python could look it up: identifiers, in ASCII or beyond, with points between.
    var isWellFormed: Bool { Self.isDotted(module) && Self.isDotted(name) }

    /// Whether it may be the class of an instance. Python's own classes that are not on the closed list begin with a capital, and so
    /// do classes inside of one another; a path through modules (`management.os.system`) does not.
    var mayBeInstantiated: Bool {
        isOfStandardLibrary || name.utf8.contains(UInt8(ascii: ".")) ? isCapitalized : true
    }

    /// Whether a call of it is data: what it is called with, and its name.
    var mayBeCalled: Bool {
        Self.classesOfData.contains(text) || !isOfStandardLibrary && isCapitalized
    }

    /// Whether the module is one of Python's own.
    private var isOfStandardLibrary: Bool { PythonStandardLibrary.modules.contains(module.prefix { $0 != "." }) }

    private var isCapitalized: Bool {
        name.utf8.split(separator: UInt8(ascii: ".")).allSatisfy { part in
            part.first { $0 != UInt8(ascii: "_") }.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 } ?? false
        }
    }

    private static func isDotted(_ text: String) -> Bool {
        text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.first, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= first) else { return false }
            return part.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
                    true
                default: false
                }
            }
        }
    }

    /// Classes that hold nothing but what they are called with, and of which the rules above would not tell so.
    private static let classesOfData: Set<String> = [
        "builtins.range", "__builtin__.xrange", "collections.Counter", "types.SimpleNamespace",
        "ipaddress.IPv4Address", "ipaddress.IPv6Address", "ipaddress.IPv4Network", "ipaddress.IPv6Network",
        "ipaddress.IPv4Interface", "ipaddress.IPv6Interface",
        "pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath", "pathlib._local.PosixPath",
        "pathlib._local.PurePosixPath", "time.struct_time",
        "dateutil.tz.tz.tzutc", "dateutil.tz.tz.tzoffset", "dateutil.tz.tz.tzlocal", "dateutil.tz.tz.tzfile",
        "dateutil.tz.tz.tzstr", "dateutil.tz.tzutc", "dateutil.tz.tzoffset", "dateutil.tz.tzlocal",
    ]

    /// What Python 3 calls what a pickle of protocol 0 to 2 names as Python 2 does (Lib/_compat_pickle.py), of the classes that are
    /// kept by their names.
    static func nameInPython3(_ text: String) -> String {
        inPython3[text] ?? text
    }

    private static let inPython3 = [
        "__builtin__.xrange": "builtins.range", "UserDict.UserDict": "collections.UserDict",
        "UserDict.IterableUserDict": "collections.UserDict", "UserList.UserList": "collections.UserList",
        "UserString.UserString": "collections.UserString", "urlparse.ParseResult": "urllib.parse.ParseResult",
        "urlparse.SplitResult": "urllib.parse.SplitResult", "Cookie.SimpleCookie": "http.cookies.SimpleCookie",
        "Cookie.Morsel": "http.cookies.Morsel",
    ]
}
