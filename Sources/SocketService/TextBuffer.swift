import SessionModel

/// Writes text piece by piece into memory of a fixed size, which whoever makes it has measured: more than fits ends the daemon.
struct TextBuffer {
    private let memory: UnsafeMutableRawBufferPointer
    private var count = 0

    init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    /// What was written so far.
    var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    private var rest: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory[count...]) }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        rest.copyMemory(from: bytes)
        count += bytes.count
    }

    @inline(__always)
    mutating func append(_ userID: PackedUserID) {
        count += userID.write(to: rest)
    }

    @inline(__always)
    mutating func append(_ session: Fingerprint) {
        count += session.write(to: rest)
    }

    /// A time in milliseconds since 1970, to the second and quoted.
    @inline(__always)
    mutating func append(time wall: Int64) {
        append("\"")
        count += Timestamp.writeSeconds(wall, to: rest)
        append("\"")
    }
}
