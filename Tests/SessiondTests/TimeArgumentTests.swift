import ArgumentParser
import Foundation
import Testing

@testable import sessiond

@Suite struct TimeArgumentTests {
    /// 2026-12-07T09:30:00Z.
    private let now = Date(timeIntervalSince1970: 1_796_635_800)

    private func time(_ text: String, zone: String = "UTC") throws -> String? {
        let zone = try #require(TimeZone(identifier: zone))
        return TimeArgument(text, now: now, in: zone)?.date.formatted(.iso8601)
    }

    @Test(
        "What is no time is none",
        arguments: [
            "", " ", "yesterday", "now", "2026", "2026-12", "12:30", "2026-13-01", "2026-02-30", "2026-12-07 25:00",
            "2026-12-07 09:60", "2026-12-07T09:30:00+25:00", "2026-12-07 09:30 ", "2026/12/07", "07.12.2026", "2", "h",
            "-2h", "2y", "2 h", "nand", "infd", "1e300d", "0x", "999999999d", "9999-12-31T23:59:60Z",
            "0000-12-31T00:00:00Z", "２h",
        ]
    )
    func refused(text: String) throws {
        #expect(try time(text) == nil)
    }

    @Test("A refusal says what is accepted")
    func forms() {
        #expect {
            try TimeArgument(argument: "yesterday")
        } throws: {
            "\($0)".contains("2026-12-07 09:30") && "\($0)".contains("2h")
        }
    }

    @Test(
        "Spans reach back from now",
        arguments: [
            ("0s", "2026-12-07T09:30:00Z"), ("90s", "2026-12-07T09:28:30Z"), ("30m", "2026-12-07T09:00:00Z"),
            ("2h", "2026-12-07T07:30:00Z"), ("1.5h", "2026-12-07T08:00:00Z"), ("7d", "2026-11-30T09:30:00Z"),
            ("2w", "2026-11-23T09:30:00Z"),
        ]
    )
    func spans(text: String, expected: String) throws {
        #expect(try time(text) == expected)
    }

    @Test(
        "Times of RFC 3339 are taken as they are, wherever one sits",
        arguments: [
            ("2026-12-07T09:30:00Z", "2026-12-07T09:30:00Z"), ("2026-12-07t09:30:00.999z", "2026-12-07T09:30:00Z"),
            ("2026-12-07T09:30:00+01:00", "2026-12-07T08:30:00Z"),
            ("2026-12-07 09:30:00-05:00", "2026-12-07T14:30:00Z"),
        ]
    )
    func absolute(text: String, expected: String) throws {
        #expect(try time(text, zone: "Asia/Tokyo") == expected)
    }

    @Test(
        "Days and times without a zone are of the time zone where one sits",
        arguments: [
            ("2026-11-25", "2026-11-24T23:00:00Z"), ("2026-11-25 14:05", "2026-11-25T13:05:00Z"),
            ("2026-07-25 14:05", "2026-07-25T12:05:00Z"), ("2026-11-25T14:05:09", "2026-11-25T13:05:09Z"),
            ("2028-02-29", "2028-02-28T23:00:00Z"),
        ]
    )
    func local(text: String, expected: String) throws {
        #expect(try time(text, zone: "Europe/Berlin") == expected)
    }

    @Test("An hour that clocks leave out is an hour all the same, and a day begins where midnight is left out")
    func clockChanges() throws {
        #expect(try time("2026-03-29 02:30", zone: "Europe/Berlin") == "2026-03-29T01:30:00Z")
        #expect(try time("2018-11-04", zone: "America/Sao_Paulo") == "2018-11-04T03:00:00Z")
    }
}
