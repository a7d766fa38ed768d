import TestSupport
import Testing

@testable import DjangoSession

@Suite("Compression")
struct CompressionTests {
    static let formats: [DecodedSession.Compression] = [.zlib, .gzip, .lzma, .lz4, .zstd]

    @Test("A value is read or refused as Python does", arguments: pythonSamples)
    func python(sample: PythonSample) {
        let content = sample.content.map { Outcome.whole(Array($0.utf8)) }
        let expected = content ?? .failed(.badCompression(sample.format))
        #expect(decompressed(sample.bytes, as: sample.format) == expected)
    }

    @Test("A value cut short anywhere is refused", arguments: formats)
    func truncation(format: DecodedSession.Compression) {
        let value = Compressor.compress(Array(loginJSON.utf8), as: format)
        for count in 1..<value.count {
            let beginning = Array(value[..<count])
            #expect(decompressed(beginning, as: format) == .failed(.badCompression(format)), "\(count) bytes")
        }
    }

    @Test(
        "No changed bit makes other data of a value with a checksum",
        arguments: pythonSamples.filter { checksummed.contains($0.subject) }
    )
    func changedBits(sample: PythonSample) throws {
        let content = Array(try #require(sample.content).utf8)
        for bit in 0..<sample.bytes.count * 8 {
            var changed = sample.bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            // Some bits say nothing, such as those of a time in a gzip header.
            if case .whole(let bytes) = decompressed(changed, as: sample.format) {
                #expect(bytes == content, "bit \(bit)")
            }
        }
    }

    /// Subjects of `pythonSamples`.
    private static let checksummed: Set = [
        "a session", "every header field", "xz as django-redis writes it", "with checksums", "with a checksum",
    ]

    @Test("A bomb ends at the bound on expanded bytes", arguments: formats)
    func bomb(format: DecodedSession.Compression) {
        let bomb = Compressor.compress([UInt8](repeating: 0, count: 64 << 20), as: format)
        let limit = 16 << 20
        #expect(bomb.count < 1 << 20)
        #expect(decompressed(bomb, as: format, limit: limit) == .failed(.bound(.expandedBytes, limit: limit)))
    }

    @Test("Just as many bytes as the limit pass, one more does not", arguments: formats)
    func limit(format: DecodedSession.Compression) {
        // Around the steps that memory is taken in, and what no compressor makes smaller.
        for count in [1, 32 << 10, 32 << 10 + 1, 200_000] {
            var generator = SeededGenerator(seed: 7)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let value = Compressor.compress(bytes, as: format)
            #expect(decompressed(value, as: format, limit: count) == .whole(bytes))
            #expect(
                decompressed(value, as: format, limit: count - 1) == .failed(.bound(.expandedBytes, limit: count - 1))
            )
        }
    }

    @Test(
        "The limit is on all streams of a value together",
        arguments: [DecodedSession.Compression.gzip, .lzma, .zstd]
    )
    func limitOfMany(format: DecodedSession.Compression) {
        let stream = Compressor.compress([UInt8](repeating: 0, count: 1000), as: format)
        let value = Array(repeatElement(stream, count: 10).joined())
        #expect(decompressed(value, as: format, limit: 10_000) == .whole([UInt8](repeating: 0, count: 10_000)))
        #expect(decompressed(value, as: format, limit: 9_999) == .failed(.bound(.expandedBytes, limit: 9_999)))
    }

    @Test("Output takes no more memory than the limit, however much is about to come")
    func outputMemory() {
        let limit = 5 << 20
        var output = ExpandedBytes(of: .zstd, limit: limit)
        var source: ArraySlice<UInt8> = []
        let end = output.appendStream(from: &source) { _, target in
            target.initialize(repeating: 0)
            return ExpandedBytes.Step(consumed: 0, produced: target.count, end: nil)
        }
        #expect(end == .tooLong && output.bytes.count == limit)
        #expect(output.bytes.capacity <= limit + 4096)
    }

    @Test("A header that asks for more memory than any preset does is refused by the bound's name", arguments: hungry)
    func hungryHeader(header: Header) {
        let limit = DecodeBounds.decompressorBytes
        #expect(decompressed(header.bytes, as: header.format) == .failed(.bound(.decompressorBytes, limit: limit)))
    }

    /// The beginning of a value.
    struct Header: CustomTestStringConvertible {
        let format: DecodedSession.Compression
        let subject: String
        let bytes: [UInt8]

        var testDescription: String { "\(format.rawValue): \(subject)" }
    }

    /// A session of one byte in a window of 2 to the power of `windowLog` bytes and as many eighths of it (RFC 8878, section
    /// 3.1.1.1.2).
    private static func zstd(windowLog: UInt8, eighths: UInt8 = 0) -> [UInt8] {
        [0x28, 0xB5, 0x2F, 0xFD, 0, (windowLog - 10) << 3 | eighths, 9, 0, 0, UInt8(ascii: "!")]
    }

    private static let hungry = [
        Header(
            format: .lzma,
            subject: "xz with a dictionary of 96 MiB",
            bytes: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 4, 0xE6, 0xD6, 0xB4, 0x46]
                + [2, 0, 0x21, 1, 29, 0, 0, 0, 0x75, 0xA8, 0xE4, 0x74]
        ),
        Header(
            format: .lzma,
            subject: ".lzma with a dictionary of 4 GiB",
            bytes: [0x5D] + [UInt8](repeating: 0xFF, count: 12)
        ),
        Header(format: .zstd, subject: "a window of 72 MiB", bytes: zstd(windowLog: 26, eighths: 1)),
        Header(format: .zstd, subject: "a window of 2 TiB", bytes: zstd(windowLog: 41)),
        Header(
            format: .zstd,
            subject: "1 TiB of content as its own window",
            bytes: [0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 1, 0, 0, 9, 0, 0, UInt8(ascii: "!")]
        ),
    ]

    @Test("The largest window that is not refused is read")
    func largestWindow() {
        #expect(decompressed(Self.zstd(windowLog: 26), as: .zstd) == .whole([UInt8(ascii: "!")]))
    }

    @Test("A claim of content that does not come takes no memory and is damage")
    func largeClaims() {
        // Content of 1 TiB in a window of 1 KiB, and of 2^60 bytes; then the one byte there is.
        let zstd: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xC0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 9, 0, 0, UInt8(ascii: "!")]
        #expect(decompressed(zstd, as: .zstd) == .failed(.badCompression(.zstd)))
        let lz4: [UInt8] =
            [0x04, 0x22, 0x4D, 0x18, 0x68, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x49]
            + [1, 0, 0, 0x80, UInt8(ascii: "!"), 0, 0, 0, 0]
        #expect(decompressed(lz4, as: .lz4) == .failed(.badCompression(.lz4)))
    }

    @Test("A format knows its own values, not the others'", arguments: formats)
    func likeliness(format: DecodedSession.Compression) {
        let value = Compressor.compress(Array(loginJSON.utf8), as: format)
        #expect(Self.formats.filter { isLikely(value, as: $0) } == [format])
    }

    @Test("`.lzma` is known by what every preset begins with")
    func likelinessOfLZMA() throws {
        let sample = try #require(pythonSamples.first { $0.subject == ".lzma" })
        #expect(Self.formats.filter { isLikely(sample.bytes, as: $0) } == [.lzma])
    }

    @Test(
        "What is not compressed looks like no format",
        arguments: [
            Array(loginJSON.utf8), Array("[]".utf8), Array("]".utf8), Array("(dp0\n.".utf8), Array("}q\u{1}.".utf8),
            [0x80, 2, 0x7D, 0x71, 0, 0x2E], [0x80, 5, 0x95, 0, 0], [0x81, 0xA1, 0x61, 1], [0xDE, 0, 16], [], [0x78],
            [0x78, 0xBB], [0x1F, 0x8B], [0x28, 0xB5, 0x2F], [0x04, 0x22, 0x4D], [0xFD, 0x37, 0x7A], [0x5D, 0],
        ] as [[UInt8]]
    )
    func unlikeliness(value: [UInt8]) {
        #expect(Self.formats.filter { isLikely(value, as: $0) } == [])
    }

    @Test("An error says which format is damaged")
    func words() {
        #expect("\(DecodeError.Why.badCompression(.lz4))" == "the payload's lz4 stream is damaged or cut short")
    }
}

/// What came of decompressing.
private enum Outcome: Equatable {
    case whole([UInt8])
    case failed(DecodeError.Why)
}

/// What comes of `value`, as a slice that begins within other bytes.
private func decompressed(
    _ value: [UInt8],
    as format: DecodedSession.Compression,
    limit: Int = DecodeBounds().expandedBytes
) -> Outcome {
    let slice = ([0xAA] + value + [0xAA])[1..<value.count + 1]
    do throws(DecodeError.Why) {
        switch format {
        case .none: return .whole(value)
        case .zlib: return .whole(try Zlib.decompress(slice, limit: limit))
        case .gzip: return .whole(try Gzip.decompress(slice, limit: limit))
        case .lzma: return .whole(try LZMA.decompress(slice, limit: limit))
        case .lz4: return .whole(try LZ4.decompress(slice, limit: limit))
        case .zstd: return .whole(try Zstandard.decompress(slice, limit: limit))
        }
    } catch {
        return .failed(error)
    }
}

private func isLikely(_ value: [UInt8], as format: DecodedSession.Compression) -> Bool {
    let slice = ([0xAA] + value + [0xAA])[1..<value.count + 1]
    return switch format {
    case .none: false
    case .zlib: Zlib.isLikely(slice)
    case .gzip: Gzip.isLikely(slice)
    case .lzma: LZMA.isLikely(slice)
    case .lz4: LZ4.isLikely(slice)
    case .zstd: Zstandard.isLikely(slice)
    }
}
