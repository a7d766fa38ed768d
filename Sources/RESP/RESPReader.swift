import CHiredis

/// Bytes of a Redis connection to replies, by hiredis's `redisReader`.
///
/// The default reply objects of hiredis are used and copied out at once: the layout of custom reply functions changed
/// between hiredis 0.14 and 1.x, and both must link.
@safe package struct RESPReader: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>
    private var replyGuard: ReplyGuard

    /// - Throws: ``RESPError/outOfMemory`` where hiredis could not allocate a reader.
    package init(bounds: ReplyBounds = ReplyBounds()) throws(RESPError) {
        guard let reader = unsafe redisReaderCreate() else { throw .outOfMemory }
        unsafe self.reader = reader
        replyGuard = ReplyGuard(bounds: bounds)
    }

    deinit {
        unsafe redisReaderFree(reader)
    }

    /// Takes bytes as they came off the connection, split anywhere. What came before bytes that are refused can still be read.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(RESPError) {
        var admitted: [UInt8] = []
        let refusal: RESPError?
        do throws(RESPError) {
            try unsafe replyGuard.admit(Array(bytes), to: &admitted)
            refusal = nil
        } catch {
            refusal = error
        }
        let status = unsafe admitted.withUnsafeBytes { bytes -> CInt in
            guard let base = bytes.baseAddress, bytes.count > 0 else { return REDIS_OK }
            return unsafe redisReaderFeed(reader, base.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard status == REDIS_OK else { throw failure() }
        if let refusal { throw refusal }
    }

    /// The next complete reply, or nil while more bytes are needed.
    ///
    /// - Throws: ``RESPError/malformed(_:)`` once the bytes are no RESP2; the connection is of no use afterwards.
    package mutating func next() throws(RESPError) -> RESPValue? {
        var object: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &object) == REDIS_OK else { throw failure() }
        guard let object = unsafe object else { return nil }
        defer { unsafe freeReplyObject(object) }
        return unsafe Self.value(of: object.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private func failure() -> RESPError {
        guard unsafe reader.pointee.err != REDIS_ERR_OOM else { return .outOfMemory }
        return unsafe withUnsafeBytes(of: &reader.pointee.errstr) { text in
            .malformed(unsafe String(decoding: text.prefix { $0 != 0 }, as: UTF8.self))
        }
    }

    private static func value(of reply: redisReply) -> RESPValue {
        switch unsafe reply.type {
        case REDIS_REPLY_STRING: .string(unsafe text(of: reply))
        case REDIS_REPLY_STATUS: .status(unsafe text(of: reply))
        case REDIS_REPLY_ERROR: .error(unsafe text(of: reply))
        case REDIS_REPLY_INTEGER: .integer(unsafe reply.integer)
        case REDIS_REPLY_ARRAY: .array(unsafe elements(of: reply))
        default: .null
        }
    }

    private static func text(of reply: redisReply) -> [UInt8] {
        guard let start = unsafe reply.str else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: Int(reply.len)))
    }

    private static func elements(of reply: redisReply) -> [RESPValue] {
        var values: [RESPValue] = []
        values.reserveCapacity(unsafe Int(reply.elements))
        for index in 0..<(unsafe Int(reply.elements)) {
            guard let element = unsafe reply.element?[index] else { continue }
            values.append(unsafe value(of: element.pointee))
        }
        return values
    }
}

/// Why a connection's bytes could not be read.
package enum RESPError: Error, Equatable, CustomStringConvertible {
    case malformed(String)
    case outOfMemory

    package var description: String {
        switch self {
        case .malformed(let detail): "the server does not speak Redis's protocol (\(detail))"
        case .outOfMemory: "out of memory while reading a reply of Redis"
        }
    }
}
