import SessionModel

/// The answer to `session.identity` about somebody who is logged in, written in one piece: the same bytes as by ``ResultText``.
enum IdentityLine {
    /// The longest line but for the id and the backend, in bytes.
    private static let byteCountMax = 256

    /// Appends the line.
    ///
    /// - Parameter id: the request's id as its JSON text.
    @inline(__always)
    static func append(_ identity: borrowing PackedIdentity, id: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        let capacity = byteCountMax + id.count + identity.backend.count
        withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { buffer in
            var text = TextBuffer(buffer)
            text.append(#"{"jsonrpc":"2.0","id":"#)
            text.append(id)
            text.append(#","result":{"authenticated":true,"user_id":""#)
            text.append(identity.userID)
            text.append(#"","backend":"#)
            identity.backend.withUnsafeBytes { text.append($0) }
            text.append(#","session":""#)
            text.append(identity.session)
            text.append(#"","expires_at":"#)
            if let expiresAt = identity.expiresAt { text.append(time: expiresAt) } else { text.append("null") }
            text.append(identity.isSuperseded ? ",\"superseded\":true}}\n" : "}}\n")
            output.append(contentsOf: text.written)
        }
    }
}
