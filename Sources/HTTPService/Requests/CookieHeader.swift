/// Reads one cookie out of a request's `Cookie` headers, as Django does: what opens a page there has to open it here, and nothing else.
///
/// Source: `django.http.cookie.parse_cookie`, and `_unquote` of Python's `http.cookies`.
enum CookieHeader {
    /// The value of the cookie of this name; nil where there is none.
    ///
    /// Several headers count as one, with semicolons between them. Where several cookies have the name, the last one is taken, as in
    /// Django: browsers send that of a parent domain, which others can set, before or behind the site's own.
    static func value(of name: String, in headers: [String]) -> [UInt8]? {
        var found: [UInt8]?
        for header in headers {
            for pair in header.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: true) {
                // A text without `=` is a value without a name.
                guard let equals = pair.firstIndex(of: UInt8(ascii: "=")),
                    stripped(pair[..<equals]).elementsEqual(name.utf8)
                else { continue }
                found = unquoted(Array(stripped(pair[pair.index(after: equals)...])))
            }
        }
        return found
    }

    /// Without the blanks around it, of which Python knows more than HTTP.
    private static func stripped(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var text = Substring(text).unicodeScalars
        while let first = text.first, isBlank(first) { text.removeFirst() }
        while let last = text.last, isBlank(last) { text.removeLast() }
        return Substring(text).utf8
    }

    /// What Python's `str.isspace` says.
    private static func isBlank(_ character: Unicode.Scalar) -> Bool {
        switch character.value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// What quotes around a value hold: `\"` stands for `"`, `\054` for a comma.
    private static func unquoted(_ value: [UInt8]) -> [UInt8] {
        guard value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") else {
            return value
        }
        var text: [UInt8] = []
        var rest = value.dropFirst().dropLast()
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let next = rest.first else {
                text.append(byte)
                continue
            }
            if let code = octal(rest.prefix(3)) {
                text.append(contentsOf: String(Character(Unicode.Scalar(code))).utf8)
                rest = rest.dropFirst(3)
            } else {
                text.append(next)
                rest = rest.dropFirst()
            }
        }
        return text
    }

    /// The number of three octal digits, 377 at most.
    private static func octal(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard digits.count == 3, let first = digits.first, (UInt8(ascii: "0")...UInt8(ascii: "3")).contains(first)
        else {
            return nil
        }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
    }
}
