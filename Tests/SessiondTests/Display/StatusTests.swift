import Testing

@testable import SessiondClient
@testable import sessiond

/// `sessiond status` in lines.
@Suite struct StatusTests {
    private let look = Look(isTerminal: true, isColored: false, glyphs: .unicode)

    private func lines(_ report: StatusReport, columns: Int = 100) -> [String] {
        report.lines(in: look, columns: columns).map(\.text)
    }

    @Test("On a terminal shares stand as bars above the figures; in plain lines there are none")
    func bars() throws {
        let report = StatusReport(
            try Samples.status([
                "sessions.authenticated": 3, "sessions.anonymous": 1, "cache.hits": 99, "cache.misses": 1,
                "memory.session_data_bytes": 128 << 20, "memory.session_data_bytes_max": 256 << 20,
            ]))
        let shown = lines(report)
        #expect(shown.contains("sessions   logged in     ███████████████░░░░░ 75.0 %  3"))
        #expect(shown.contains("           anonymous     █████░░░░░░░░░░░░░░░ 25.0 %  1"))
        #expect(shown.contains("cache      hit rate      ███████████████████▊ 99.0 %  of 100 lookups"))
        #expect(shown.contains("memory     session data  ██████████░░░░░░░░░░ 50.0 %  128.0 MiB of 256.0 MiB"))
        // No limits are known.
        #expect(!shown.contains { $0.contains("connections   ") })
        #expect(!report.lines.contains { $0.contains("█") || $0.contains("logged in   ") })
    }

    @Test("While all sessions are read it says how many there are until now, and how long it will take")
    func progress() throws {
        let progress: [String: Any] = ["keys_read": 12_000, "share": 0.25, "elapsed_seconds": 4.0]
        let report = StatusReport(try Samples.status(["link.state": "scanning", "link.progress": progress]))
        #expect(report.lines.contains("           reading all sessions: 12,000 keys, 3,000 a second, about 12 s left"))
        #expect(lines(report).contains("           read          █████░░░░░░░░░░░░░░░ 25.0 %  12,000 keys"))
        #expect(!StatusReport(try Samples.status()).lines.contains { $0.contains("reading") })
    }

    @Test("Lines are broken where the window is narrow", arguments: [20, 40, 79])
    func narrow(columns: Int) throws {
        let report = StatusReport(try Samples.status())
        let words = lines(report, columns: columns).joined(separator: " ").split(separator: " ")
        // What cannot be broken, and bars, are cut when they are printed.
        for line in report.lines(in: look, columns: columns) {
            #expect(line.rendered(in: look, columns: columns).columnCount <= columns)
        }
        for word in report.lines.joined(separator: " ").split(separator: " ") { #expect(words.contains(word)) }
    }
}
