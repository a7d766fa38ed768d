import Foundation
import SessionModel
import TestSupport
import Testing

@Suite struct TimestampTests {
    @Test(
        "What is no RFC 3339 date-time is refused",
        arguments: [
            "", "2026-12-07", "2026-12-07T09:30:00", "2026-12-07T09:30Z", "2026-12-07T09:30:00.Z",
            "2026-12-07T09:30:00,5Z",
            "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
            "2026-04-31T00:00:00Z", "2025-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-12-07T24:00:00Z",
            "2026-12-07T09:60:00Z", "2026-12-07T09:30:61Z", "2026-12-07T09:30:00+24:00", "2026-12-07T09:30:00+01:60",
            "2026-12-07T09:30:00+0100", "2026-12-07T09:30:00+01", "2026-12-07T09:30:00Zx", " 2026-12-07T09:30:00Z",
            "26-12-07T09:30:00Z", "2026-1-07T09:30:00Z", "+026-12-07T09:30:00Z", "٢٠٢٦-12-07T09:30:00Z",
            "2026-12-07x09:30:00Z",
        ]
    )
    func refused(text: String) {
        #expect(Timestamp.parse(text) == nil)
    }

    @Test("Offsets, fractions and leap seconds are read")
    func read() {
        let expected: Int64 = 1_796_635_800_000
        #expect(Timestamp.parse("2026-12-07T09:30:00Z") == expected)
        #expect(Timestamp.parse("2026-12-07t09:30:00z") == expected)
        #expect(Timestamp.parse("2026-12-07 09:30:00+00:00") == expected)
        #expect(Timestamp.parse("2026-12-07T09:30:00-00:00") == expected)
        #expect(Timestamp.parse("2026-12-07T11:00:00+01:30") == expected)
        #expect(Timestamp.parse("2026-12-06T23:30:00-10:00") == expected)
        #expect(Timestamp.parse("2026-12-07T09:30:00.1Z") == expected + 100)
        #expect(Timestamp.parse("2026-12-07T09:30:00.123999999Z") == expected + 123)
        #expect(Timestamp.parse("2026-12-31T23:59:60Z") == Timestamp.parse("2027-01-01T00:00:00Z"))
        #expect(Timestamp.parse("1970-01-01T00:00:00Z") == 0)
        #expect(Timestamp.parse("1969-12-31T23:59:59.999Z") == -1)
    }

    @Test("Leap days are days")
    func leapDays() {
        #expect(Timestamp.seconds(1_709_164_800_000) == "2024-02-29T00:00:00Z")
        #expect(Timestamp.parse("2024-02-29T00:00:00Z") == 1_709_164_800_000)
        #expect(Timestamp.seconds(951_782_400_000) == "2000-02-29T00:00:00Z")
        #expect(Timestamp.seconds(4_107_542_400_000) == "2100-03-01T00:00:00Z")
    }

    @Test("Whole seconds are rounded to the nearest, milliseconds are exact")
    func rounding() {
        #expect(Timestamp.seconds(499) == "1970-01-01T00:00:00Z")
        #expect(Timestamp.seconds(500) == "1970-01-01T00:00:01Z")
        #expect(Timestamp.seconds(1_796_635_799_500) == "2026-12-07T09:30:00Z")
        #expect(Timestamp.milliseconds(1_796_635_800_007) == "2026-12-07T09:30:00.007Z")
    }

    @Test(
        "Times that RFC 3339 has no name for become the nearest that it has",
        arguments: [Int64.max, Int64.max - 1, 253_402_300_800_000 as Int64]
    )
    func late(wall: Int64) {
        #expect(Timestamp.seconds(wall) == "9999-12-31T23:59:59Z")
        #expect(Timestamp.milliseconds(wall) == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp.seconds(.min) == "1970-01-01T00:00:00Z")
        #expect(Timestamp.milliseconds(-1) == "1970-01-01T00:00:00.000Z")
    }

    @Test("Seconds of any number have a time, too", arguments: [Int64.max, 1 << 53, 253_402_300_799])
    func lateSeconds(time: Int64) {
        #expect(Timestamp.seconds(ofSeconds: time) == "9999-12-31T23:59:59Z")
        #expect(Timestamp.seconds(ofSeconds: -time) == "1970-01-01T00:00:00Z")
        #expect(Timestamp.seconds(ofSeconds: .min) == "1970-01-01T00:00:00Z")
        #expect(Timestamp.seconds(ofSeconds: 1_796_635_800) == "2026-12-07T09:30:00Z")
    }

    @Test("Every time is written and read as Foundation writes and reads it", arguments: [UInt64(1), 2, 3])
    func againstFoundation(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        for _ in 0..<2000 {
            let wall = Int64.random(in: 0...253_402_300_799_999, using: &generator)
            let text = Timestamp.milliseconds(wall)
            #expect(Timestamp.parse(text) == wall)
            let date = try #require(formatter.date(from: text))
            #expect(Int64((date.timeIntervalSince1970 * 1000).rounded()) == wall)
        }
    }
}
