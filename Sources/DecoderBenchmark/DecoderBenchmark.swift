import DjangoSession
import Glibc

/// The decoder behind standard input and output: reads stored values, and times reading them. `make bench-decoder` asks it
/// in turn with Django's own decoders (Tests/Benchmarks).
///
/// Its argument is the SECRET_KEY. Requests and answers are a line each:
/// ```
/// read SHAPE signed|cache HEX    the rendered session, or the error
/// time SHAPE COUNT               nanoseconds that it took to decode the value so many times
/// ```
@main
struct DecoderBenchmark {
    private let signed: SessionDecoder
    private let cache = SessionDecoder(cacheSerializer: nil)
    private var cases: [String: Case] = [:]

    private struct Case {
        let decoder: SessionDecoder
        let value: [UInt8]
    }

    private init(secretKey: String) {
        signed = SessionDecoder(verification: .keys([SecretKey(Array(secretKey.utf8))]))
    }

    static func main() {
        guard CommandLine.arguments.count == 2 else { fatalError("usage: DecoderBenchmark SECRET_KEY") }
        var benchmark = DecoderBenchmark(secretKey: CommandLine.arguments[1])
        while let line = readLine() {
            print(benchmark.answer(line.split(separator: " ").map(String.init)))
            fflush(nil)
        }
    }

    private mutating func answer(_ request: [String]) -> String {
        switch request.first {
        case "read" where request.count == 4:
            let value = Self.bytes(ofHex: request[3])
            cases[request[1]] = Case(decoder: request[2] == "signed" ? signed : cache, value: value)
            return cases[request[1]].map(Self.rendering(of:)) ?? ""
        case "time" where request.count == 3:
            guard let timed = cases[request[1]], let count = Int(request[2]) else { return "no such value" }
            return String(Self.nanoseconds(decoding: timed, count: count))
        default: return "no such request"
        }
    }

    private static func rendering(of timed: Case) -> String {
        do {
            return String(decoding: try timed.decoder.decode(timed.value).data, as: UTF8.self)
        } catch {
            return "\(error)"
        }
    }

    private static func nanoseconds(decoding timed: Case, count: Int) -> Int64 {
        var decodedCount = 0
        let duration = ContinuousClock().measure {
            for _ in 0..<count where (try? timed.decoder.decode(timed.value)) != nil { decodedCount += 1 }
        }
        precondition(decodedCount == count, "the value was read before")
        return duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
    }

    private static func bytes(ofHex text: String) -> [UInt8] {
        let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue ?? 0 }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
