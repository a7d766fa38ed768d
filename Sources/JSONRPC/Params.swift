/// The params of a request as they were given; `named` makes them readable.
package enum Params: Hashable, Sendable {
    case positional
    case members([JSONMember])

    /// No params.
    package static let none = Params.members([])

    /// The params of a value: nil where it is neither an object nor an array.
    init?(_ value: JSONValue) {
        switch value {
        case .object(let members): self = .members(members)
        case .array: self = .positional
        default: return nil
        }
    }

    /// The params of a method that knows these names. Throws Invalid params for positional, unknown and repeated ones.
    package func named(_ names: StaticString...) throws(RPCError) -> NamedParams {
        guard case .members(let members) = self else {
            throw .invalidParams(param: nil, .positional)
        }
        for member in members where !names.contains(where: { member.name == $0 }) {
            throw .invalidParams(given: member.name, .unknown)
        }
        if let repeated = members.firstRepeatedName {
            throw .invalidParams(given: repeated, .duplicate)
        }
        return NamedParams(members: members)
    }
}

/// Params of known names, read by type. Every reader throws Invalid params: `missing`, `type` (null is no way to leave one out),
/// or `range`.
package struct NamedParams: Hashable, Sendable {
    private let members: [JSONMember]

    fileprivate init(members: [JSONMember]) {
        self.members = members
    }

    /// Whether the param was given.
    package func has(_ name: StaticString) -> Bool {
        value(name) != nil
    }

    /// A string that must be there.
    package func string(_ name: StaticString) throws(RPCError) -> JSONString {
        guard let string = try optionalString(name) else {
            throw .invalidParams(param: name, .missing)
        }
        return string
    }

    /// A string, or nil where none was given. One with half of a surrogate pair is out of range: it stands for no text.
    package func optionalString(_ name: StaticString) throws(RPCError) -> JSONString? {
        guard let value = value(name) else {
            return nil
        }
        return try Self.string(value, of: name)
    }

    /// An integer within `range`, or nil where none was given. `1.0` and `1e2` are integers too.
    package func optionalInteger(_ name: StaticString, in range: ClosedRange<Int>) throws(RPCError) -> Int? {
        guard let value = value(name) else {
            return nil
        }
        guard case .number(let number) = value else {
            throw .invalidParams(param: name, .type)
        }
        guard let integer = number.integer else {
            throw .invalidParams(param: name, number.isFraction ? .type : .range)
        }
        guard range.contains(integer) else {
            throw .invalidParams(param: name, .range)
        }
        return integer
    }

    /// An integer within `range` that must be there.
    package func integer(_ name: StaticString, in range: ClosedRange<Int>) throws(RPCError) -> Int {
        guard let integer = try optionalInteger(name, in: range) else {
            throw .invalidParams(param: name, .missing)
        }
        return integer
    }

    /// A truth value, or nil where none was given.
    package func optionalBool(_ name: StaticString) throws(RPCError) -> Bool? {
        guard let value = value(name) else {
            return nil
        }
        guard case .bool(let bool) = value else {
            throw .invalidParams(param: name, .type)
        }
        return bool
    }

    /// A non-empty array of strings, or nil where none was given.
    package func optionalStrings(_ name: StaticString) throws(RPCError) -> [JSONString]? {
        guard let value = value(name) else {
            return nil
        }
        guard case .array(let elements) = value else {
            throw .invalidParams(param: name, .type)
        }
        guard !elements.isEmpty else {
            throw .invalidParams(param: name, .range)
        }
        var strings: [JSONString] = []
        strings.reserveCapacity(elements.count)
        for element in elements {
            strings.append(try Self.string(element, of: name))
        }
        return strings
    }

    private func value(_ name: StaticString) -> JSONValue? {
        members.first { $0.name == name }?.value
    }

    private static func string(_ value: JSONValue, of name: StaticString) throws(RPCError) -> JSONString {
        guard case .string(let string) = value else {
            throw .invalidParams(param: name, .type)
        }
        guard string.isUnicode else {
            throw .invalidParams(param: name, .range)
        }
        return string
    }
}
