import Foundation
import FuzzSupport
import JSONRPC

/// What libFuzzer calls with every input (https://llvm.org/docs/LibFuzzer.html): a byte that says how the rest is cut, and a
/// stream of bytes as a client sends it.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    if let cut = input.first { LineChecks.check(stream: Array(input.dropFirst()), cut: cut) }
    return 0
}

/// What holds for everything that a client can send. A check that fails traps, so that libFuzzer keeps the input.
enum LineChecks {
    private static let lineBytesMax = 2_000
    static let depthMax = 32
    private static let batchCountMax = 20

    static func check(stream: [UInt8], cut: UInt8) {
        let expected = linesByHand(stream)
        precondition(frame(stream, .whole) == expected, "lines are cut at LF and CR LF")
        precondition(frame(stream, .bytes) == expected, "bytes may drip")
        precondition(frame(stream, .uneven(cut)) == expected, "bytes may come in any pieces")
        var shapes = ShapeChecks()
        for case .line(let line) in expected {
            shapes.check(line)
            let request = parse(line)
            precondition(request == parse(line), "a line always means the same")
            checkGrammar(line, request)
            RequestChecks.check(request, of: line)
        }
    }

    private static func parse(_ line: [UInt8]) -> RequestLine {
        RequestLine.parse(line, depthMax: depthMax, batchCountMax: batchCountMax)
    }

    private static func frame(_ stream: [UInt8], _ cut: Fuzzer.Cut) -> [LineFramer.Line] {
        var framer = LineFramer(lineBytesMax: lineBytesMax)
        var lines: [LineFramer.Line] = []
        for piece in Fuzzer.pieces(of: stream, cut) {
            framer.append(piece)
            while let line = framer.nextLine() { lines.append(line) }
        }
        precondition(framer.nextLine() == nil, "there is nothing left to be told")
        return lines
    }

    /// The same by other means: the whole stream is there.
    private static func linesByHand(_ stream: [UInt8]) -> [LineFramer.Line] {
        var lines: [LineFramer.Line] = []
        let parts = stream.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let line = part.last == 0x0D ? part.dropLast() : part
            guard line.count <= lineBytesMax else { return lines + [.tooLong] }
            if index < parts.count - 1 { lines.append(.line(Array(line))) }
        }
        return lines
    }

    /// A line is a parse error where it is no JSON or too deep, and only there.
    private static func checkGrammar(_ line: [UInt8], _ request: RequestLine) {
        let summary = StrictJSON.summary(of: line, [.space, .repetition])
        let isReadable = summary.map { $0.depth <= depthMax } ?? false
        if case .single(.failure(let invalid)) = request, invalid.error == .parseError {
            precondition(!isReadable, "what is JSON is no parse error")
            precondition(invalid.id == .null, "nobody knows the id of what cannot be read")
        } else {
            precondition(isReadable, "what is no JSON is a parse error")
        }
    }
}
