import Glibc

/// Cuts a stream of bytes into lines that end in LF or CR LF.
///
/// Bytes are looked at once however they are dripped in. The memory held is the unread lines and at most one unfinished line; the
/// caller bounds it by reading all lines out after each `append`.
package struct LineFramer: Sendable {
    /// What `nextLine` found.
    package enum Line: Hashable, Sendable {
        /// A whole line, without its end.
        case line([UInt8])
        /// The line at this place is longer than allowed, ended or not. Told once; nothing follows it.
        case tooLong
    }

    /// The largest buffer that is kept while it is empty.
    private static let keptBytesMax = 4 * 1024

    private let lineBytesMax: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private var searched = 0
    private var isClosed = false

    /// A framer for lines of at most `lineBytesMax` bytes, not counting LF or CR LF.
    package init(lineBytesMax: Int) {
        self.lineBytesMax = lineBytesMax
    }

    /// Whether bytes of an unfinished line are held.
    package var hasPartialLine: Bool {
        buffer.count > start
    }

    /// Takes the next bytes of the stream. Does nothing once a line was too long.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !isClosed else {
            return
        }
        makeRoom()
        buffer.append(contentsOf: bytes)
    }

    /// Takes the next bytes of the stream. Does nothing once a line was too long.
    package mutating func append(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Lends the bytes that were not read yet to `body`, which returns how many of them it has read: whole lines, with their ends.
    @inline(__always)
    package mutating func readAhead(_ body: (UnsafeRawBufferPointer) -> Int) {
        guard start < buffer.count else { return }
        start += buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        searched = max(searched, start)
    }

    /// Where the next LF stands.
    @inline(__always)
    private func endOfLine() -> Int? {
        buffer.withUnsafeBytes { bytes -> Int? in
            guard searched < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + searched, 0x0A, bytes.count - searched)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// The next line, or nil where more bytes are needed, and forever after `tooLong`.
    package mutating func nextLine() -> Line? {
        guard let end = endOfLine() else {
            if start == buffer.count { giveBack() }
            searched = buffer.count
            return length(upTo: buffer.count) > lineBytesMax ? close() : nil
        }
        guard length(upTo: end) <= lineBytesMax else {
            return close()
        }
        let line = Array(buffer[start..<start + length(upTo: end)])
        start = end + 1
        searched = start
        return .line(line)
    }

    /// The length of the line that begins at `start`; a last CR may be the first half of its end.
    private func length(upTo end: Int) -> Int {
        end > start && buffer[end - 1] == 0x0D ? end - start - 1 : end - start
    }

    /// Drops what was read, as soon as it is the larger part: each byte is moved at most once on average.
    private mutating func makeRoom() {
        guard start > buffer.count / 2 || start == buffer.count else {
            return
        }
        buffer.removeSubrange(..<start)
        searched -= start
        start = 0
    }

    /// An empty buffer that has grown for a long line is of no use to a connection that waits.
    private mutating func giveBack() {
        guard buffer.capacity > Self.keptBytesMax else { return }
        buffer = []
        start = 0
    }

    private mutating func close() -> Line {
        isClosed = true
        buffer = []
        start = 0
        searched = 0
        return .tooLong
    }
}
