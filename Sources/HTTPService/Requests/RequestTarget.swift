/// The path and the query of a request.
struct RequestTarget {
    /// As it was sent, without the query.
    let path: Substring
    private let query: Substring

    /// Nil unless the target is a path: not `*`, and not a whole URL.
    init?(_ uri: String) {
        guard uri.hasPrefix("/") else { return nil }
        let mark = uri.firstIndex(of: "?") ?? uri.endIndex
        path = uri[..<mark]
        query = uri[mark...].dropFirst()
    }

    /// Which parameter is wrong, in a sentence.
    struct QueryError: Error, Equatable {
        var problem: String
    }

    /// The parameters by name, decoded.
    ///
    /// - Parameter names: those there may be, each once.
    func parameters(_ names: Set<String>) throws(QueryError) -> QueryParameters {
        var parameters: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]), let value = Self.decoded(parts.count > 1 ? parts[1] : "") else {
                throw QueryError(problem: "a parameter is not percent-encoded UTF-8")
            }
            guard names.contains(name) else {
                // What was sent is not repeated: a session key may have been put there.
                throw QueryError(problem: "there are no parameters but \(names.sorted().joined(separator: ", "))")
            }
            guard parameters.updateValue(value, forKey: name) == nil else {
                throw QueryError(problem: "\(name) is given twice")
            }
        }
        return QueryParameters(parameters)
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2)
                guard digits.count == 2, digits.allSatisfy(Self.isHexDigit),
                    let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(code)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
