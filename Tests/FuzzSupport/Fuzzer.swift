import CLibFuzzer
import Foundation

/// What the fuzzers share.
package enum Fuzzer {
    /// What libFuzzer calls with every input.
    package typealias TestOneInput = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

    /// Runs libFuzzer with the program's arguments, to the end of the program.
    ///
    /// SwiftPM makes `main.swift` the entry of the program, in the place of libFuzzer's own `main`, so its driver is called from there.
    package static func run(_ testOneInput: TestOneInput) -> Never {
        var argumentCount = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&argumentCount, &arguments, testOneInput))
    }

    /// Bytes in pieces: all at once, one by one, or in pieces of lengths that differ.
    package static func pieces(of bytes: [UInt8], _ cut: Cut) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        var state: UInt8 = 1
        while !rest.isEmpty {
            let count =
                switch cut {
                case .whole: rest.count
                case .bytes: 1
                case .uneven(let seed):
                    Int(state % 13) + (state.isMultiple(of: 7) ? Int(seed) : 1)
                }
            if case .uneven(let seed) = cut { state = state &* 41 &+ seed | 1 }
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return pieces
    }

    /// How ``pieces(of:_:)`` cuts.
    package enum Cut {
        case whole, bytes
        case uneven(UInt8)
    }
}
