import DjangoSession
import FuzzSupport

/// What libFuzzer calls with every input (https://llvm.org/docs/LibFuzzer.html).
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let input = FuzzedInput(UnsafeBufferPointer(start: start, count: count)) { DecoderChecks.check(input) }
    return 0
}

/// What holds for every value, whoever wrote it. A check that fails traps, so that libFuzzer keeps the input.
enum DecoderChecks {
    /// Decodes an input and checks what comes of it.
    static func check(_ input: FuzzedInput) {
        do throws(DecodeError) {
            check(try input.decoder.decode(input.value), of: input)
        } catch {
            precondition(error.description.utf8.count < 500, "an error is a sentence, however long the value is")
        }
    }

    private static func check(_ session: DecodedSession, of input: FuzzedInput) {
        let payloadBytes = session.compression == .none ? input.value.count : input.bounds.expandedBytes
        let bytesMax =
            switch session.serializer {
            case .json: 9 * payloadBytes
            case .pickle: input.bounds.renderedBytes
            case .msgpack: 33 * payloadBytes
            }
        precondition(session.data.count <= bytesMax, "the rendering is within its bound")

        guard session.data.first == UInt8(ascii: "{"),
            let memberCount = StrictJSON.summary(of: session.data)?.memberCount
        else {
            preconditionFailure("the rendering is a JSON object")
        }
        let members = Array(SessionMembers(session.data))
        if session.data.starts(with: #"{"$py":"dict""#.utf8) {
            precondition(members.last?.value.endIndex == session.data.count - 3, "every pair is walked")
        } else {
            precondition(members.count == memberCount, "every member is walked")
        }
        precondition(
            Set(members.map(\.quotedName)).count == members.count || session.serializer != .json, "no name twice")

        let again = try? input.decoder.decode(input.value)
        precondition(again == session, "a value always means the same")
    }
}
