import RESP

/// Do the clocks of Redis and of this host agree?
enum ClockExamination {
    /// A difference up to this is none, in milliseconds.
    static let differenceMax: Int64 = 1000
    /// What no clock shows, in seconds since 1970: ten thousand years.
    private static let secondsMax: Int64 = 315_576_000_000

    /// - Parameters:
    ///   - reply: to TIME.
    ///   - before: this host's clock before it was asked for, in milliseconds since 1970.
    ///   - after: the same when the answer was there.
    static func finding(_ reply: RESPValue, before: Int64, after: Int64) -> Finding {
        guard case .array(let parts) = reply, parts.count == 2, let seconds = number(parts[0]),
            let microseconds = number(parts[1])
        else { return .unknown(.clockUnknown, Refusal(reply) ?? .other("?"), "TIME", "whether the clocks agree") }
        let there = min(max(seconds, 0), secondsMax) * 1000 + min(max(microseconds, 0), 999_999) / 1000
        // The answer was made at some time between the two.
        let ahead = there > after ? there - after : there < before ? there - before : 0
        guard abs(ahead) > differenceMax else {
            return Finding(.ok, .clockAgrees, "the clocks of Redis and this host agree to a second")
        }
        let tenths = Double(abs(ahead) / 100) / 10
        return Finding(
            .warning, .clockDiffers,
            "the clock of Redis is \(tenths) s \(ahead > 0 ? "ahead of" : "behind") this host's",
            why:
                "sessions end in time all the same, since Redis counts what is left; but the times of events, and when a session was signed, "
                + "do not fit to what other hosts log",
            mend: ["timedatectl set-ntp true    # on the host whose clock is wrong", "timedatectl status"])
    }

    private static func number(_ part: RESPValue) -> Int64? {
        part.bytes.flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }
}
