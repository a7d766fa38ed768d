import JSONRPC

/// What holds for the short way of ``RequestShape``: what it recognises in a line is what the parser reads there.
struct ShapeChecks {
    /// The shape of the last line that has one; at first that of a line as clients send it.
    private var shape = Self.shape(
        of: Array(#"{"jsonrpc":"2.0","id":7,"method":"session.identity","params":{"session_key":"kv2x"}}"#.utf8))

    mutating func check(_ line: [UInt8]) {
        if let shape, let found = Self.match(shape, line) { Self.check(found, in: line) }
        guard let own = Self.shape(of: line) else { return }
        precondition(Self.match(own, line) != nil, "a line has its own shape")
        shape = own
    }

    private static func check(_ found: RequestShape.Variables, in line: [UInt8]) {
        // Whoever calls looks at the key first: it may hold what JSON escapes.
        guard
            line[found.key].allSatisfy({
                $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            })
        else { return }
        let request = request(of: line)
        precondition(request != nil, "a line of a known shape is a request")
        precondition(request?.id?.text == line[found.id], "its id is the one that was recognised")
        precondition(
            request.flatMap(key).map { $0.utf8.elementsEqual(line[found.key]) } == true,
            "its key is the one that was recognised")
    }

    private static func match(_ shape: RequestShape, _ line: [UInt8]) -> RequestShape.Variables? {
        guard let found = (line + [0x0A]).withUnsafeBytes({ shape.match($0, at: 0) }) else { return nil }
        precondition(found.end == line.count + 1, "a line is recognised as a whole")
        return found
    }

    private static func shape(of line: [UInt8]) -> RequestShape? {
        request(of: line).flatMap { request in
            key(of: request).flatMap { RequestShape(of: line, request, key: $0) }
        }
    }

    private static func request(of line: [UInt8]) -> Request? {
        let parsed = RequestLine.parse(line, depthMax: LineChecks.depthMax, batchCountMax: 1)
        return if case .single(.success(let request)) = parsed { request } else { nil }
    }

    /// The only param, as `session.identity` may have it.
    private static func key(of request: Request) -> JSONString? {
        guard request.method.string == "session.identity", case .members(let members) = request.params,
            members.count == 1, members[0].name.string == "session_key", case .string(let key) = members[0].value
        else { return nil }
        return key
    }
}
