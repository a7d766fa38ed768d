import CHiredis

/// Commands to bytes, by hiredis's formatter.
package enum RESPCommand {
    /// Appends one command to `output`. Arguments are binary safe: globs, blanks and NULs need no escaping.
    ///
    /// - Parameter arguments: the command's name and its arguments; at least one.
    /// - Throws: ``RESPError/outOfMemory``.
    package static func append(_ arguments: [[UInt8]], to output: inout [UInt8]) throws(RESPError) {
        let joined = arguments.flatMap { $0 }
        let lengths = arguments.map(\.count)
        var command: UnsafeMutablePointer<CChar>?
        let length = unsafe joined.withUnsafeBytes { bytes -> Int32 in
            // A pointer for each argument, into the joined copy; an empty argument needs a pointer that is not nil.
            let start = unsafe bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
            var offset = 0
            var pointers: [UnsafePointer<CChar>?] = unsafe []
            unsafe pointers.reserveCapacity(lengths.count)
            for length in lengths {
                unsafe pointers.append(start.map { unsafe $0.advanced(by: offset).assumingMemoryBound(to: CChar.self) })
                offset += length
            }
            return unsafe redisFormatCommandArgv(&command, Int32(lengths.count), &pointers, lengths)
        }
        guard length >= 0, let formatted = unsafe command else { throw .outOfMemory }
        defer { unsafe redisFreeCommand(formatted) }
        unsafe output.append(contentsOf: UnsafeRawBufferPointer(start: formatted, count: Int(length)))
    }

    /// As ``append(_:to:)``, of text arguments.
    package static func append(_ arguments: [String], to output: inout [UInt8]) throws(RESPError) {
        try append(arguments.map { Array($0.utf8) }, to: &output)
    }
}
