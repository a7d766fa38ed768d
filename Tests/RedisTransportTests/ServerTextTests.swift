import RESP
import Testing

@testable import RedisTransport

/// Words of the server in logs and errors.
@Suite struct ServerTextTests {
    @Test("What a server says is shown in one line, without control characters, and cut")
    func shown() {
        #expect("\(ServerText("ERR no"))" == "ERR no")
        #expect("\(ServerText("a\u{1B}[31mb\u{0}c\u{2028}d\u{202E}e"))" == "a\u{FFFD}[31mb\u{FFFD}c\u{FFFD}d\u{FFFD}e")
        #expect("\(ServerText(String(repeating: "x", count: 10_000)))" == String(repeating: "x", count: 200) + "…")
    }

    @Test("A failure is a sentence, whatever the server said")
    func failures() {
        let long = Array(String(repeating: "\u{7}x", count: 8_000).utf8)
        for failure in [
            RedisFailure(refusing: "PING", .error(long)),
            RedisFailure(role: .array([.string(Array("slave".utf8)), .string(long), .integer(1)])),
        ] {
            #expect("\(failure.map { "\($0)" } ?? "")".utf8.count < 1_000)
            #expect(failure.map { !"\($0)".contains("\u{7}") } == true)
        }
    }

    @Test("Flags that are none are not taken for flags")
    func flags() {
        func flags(_ text: String) -> NotificationFlags? {
            NotificationFlags(reply: .array([.string([]), .string(Array(text.utf8))]))
        }
        #expect(flags("AKE")?.text == "AKE")
        #expect(flags("")?.text == "")
        #expect(flags("K\nE") == nil)
        #expect(flags(String(repeating: "K", count: 65)) == nil)
    }
}
