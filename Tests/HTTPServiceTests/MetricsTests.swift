import Foundation
import Testing

@testable import HTTPService

/// The text that Prometheus reads; `promtool` judges it in `Tests/HTTP`.
@Suite struct MetricsTests {
    private func text(_ figures: ServiceFigures = .sample, _ door: HTTPFigures = HTTPFigures()) -> String {
        MetricsText.text(figures, door.values)
    }

    @Test("Every sample has its help and its type before it, once")
    func described() {
        var described: [String] = []
        for line in text().split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# HELP ") {
                described.append(String(words[2]))
                #expect(words.count > 3)
            } else if line.hasPrefix("# TYPE ") {
                #expect(described.last.map { String(words[2]) == $0 } == true)
                #expect(words[3] == (words[2].hasSuffix("_total") ? "counter" : "gauge"))
            } else {
                #expect(String(line.prefix { $0 != "{" && $0 != " " }) == described.last)
                #expect(Double(words.last ?? "") != nil)
            }
        }
        #expect(Set(described).count == described.count && described.count > 30)
    }

    @Test(
        "Figures stand there with their units",
        arguments: [
            #"sessiond_build_info{version="1.2.3"} 1"#, "sessiond_start_time_seconds 1796635800.25",
            #"sessiond_link_state{state="live"} 1"#, #"sessiond_link_state{state="scanning"} 0"#,
            "sessiond_link_proven 1", "sessiond_link_round_trip_seconds 0.00025", "sessiond_link_epochs_total 3",
            #"sessiond_sessions{kind="authenticated"} 10"#, #"sessiond_lookups_total{result="hit"} 1000"#,
            "sessiond_stale_found_total 0", "sessiond_events_total 33", "sessiond_journal_size_bytes 4096",
            "sessiond_stream_publishing 1", "sessiond_memory_resident_bytes 50000000", "sessiond_socket_connections 7",
        ])
    func samples(_ line: String) {
        #expect(text().split(separator: "\n").contains(Substring(line)))
    }

    @Test("What is not known is left out")
    func unknown() {
        var figures = ServiceFigures.sample
        figures.link.roundTripSeconds = nil
        figures.journal.bytes = nil
        figures.isPublishing = nil
        let text = text(figures)
        for name in ["round_trip", "journal_size", "stream_publishing"] { #expect(!text.contains(name)) }
    }

    @Test("Requests are counted by what was asked, never by a word of the client's")
    func requests() {
        let door = HTTPFigures()
        door.answered(.auth, status: 204)
        door.answered(.auth, status: 204)
        door.answered(nil, status: 404)
        let text = text(.sample, door)
        #expect(text.contains(#"sessiond_http_requests_total{route="auth",code="204"} 2"#))
        #expect(text.contains(#"sessiond_http_requests_total{route="none",code="404"} 1"#))
    }

    @Test("Labels are escaped")
    func escaping() {
        var figures = ServiceFigures.sample
        figures.version = "a\"b\\c\nd"
        #expect(text(figures).contains(#"{version="a\"b\\c\nd"} 1"#))
    }

    @Test("Beyond the limit connections are told, and beyond that dropped, and all of them counted")
    func admission() {
        let door = HTTPFigures()
        #expect(door.admit(max: 1) == .admitted)
        for _ in 0..<HTTPFigures.refusingMax { #expect(door.admit(max: 1) == .refused) }
        #expect(door.admit(max: 1) == .dropped)
        door.released(.refused)
        #expect(door.admit(max: 1) == .refused)
        door.released(.admitted)
        #expect(door.admit(max: 1) == .admitted)
        #expect(door.values.connections == 1 && door.values.refusedConnections == HTTPFigures.refusingMax + 2)
    }
}
