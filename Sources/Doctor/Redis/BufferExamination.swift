import RESP
import RedisTransport
import SessionModel

/// How far may sessiond fall behind before Redis closes its subscription?
struct BufferExamination {
    let endpoint: RedisEndpoint
    let keyPattern: KeyPattern

    /// Redis's own default.
    static let standard = Limit(hard: 32 << 20, soft: 8 << 20, seconds: 60)

    struct Limit: Equatable {
        /// Bytes; 0 for none.
        var hard: Int
        /// Bytes that may be exceeded for some time; 0 for none.
        var soft: Int
        var seconds: Int

        /// The part on `pubsub` of `client-output-buffer-limit`; nil where there is none.
        init?(_ text: String) {
            let words = text.split(separator: " ")
            guard let index = words.firstIndex(of: "pubsub"), words.count > index + 3,
                let hard = Int(words[index + 1]), let soft = Int(words[index + 2]), let seconds = Int(words[index + 3])
            else { return nil }
            self.init(hard: hard, soft: soft, seconds: seconds)
        }

        init(hard: Int, soft: Int, seconds: Int) {
            (self.hard, self.soft, self.seconds) = (hard, soft, seconds)
        }
    }

    /// - Parameter reply: to CONFIG GET client-output-buffer-limit.
    func finding(_ reply: RESPValue) -> Finding {
        guard let text = ConfigReply.value(reply) else {
            return .unknown(
                .bufferUnknown, Refusal(reply) ?? .other("?"), "CONFIG GET",
                "how much Redis keeps for a slow subscriber")
        }
        guard let limit = Limit(text) else {
            return Finding(.note, .bufferUnknown, "client-output-buffer-limit says nothing of pubsub")
        }
        let what = "client-output-buffer-limit pubsub holds \(words(limit))"
        let isTight = [(limit.hard, Self.standard.hard), (limit.soft, Self.standard.soft)]
            .contains { $0.0 > 0 && $0.0 < $0.1 }
        guard isTight else { return Finding(.ok, .bufferRoomy, what) }
        return Finding(
            .warning, .bufferTight, what + "; Redis's own default is \(words(Self.standard))",
            why: "beyond it Redis closes the subscription, and sessiond has to read all sessions anew",
            mend: [
                RedisCommandLine(endpoint).line(
                    "CONFIG", "SET", "client-output-buffer-limit",
                    "pubsub \(Self.standard.hard) \(Self.standard.soft) \(Self.standard.seconds)"),
                RedisCommandLine(endpoint).line("CONFIG", "REWRITE"),
            ])
    }

    private func words(_ limit: Limit) -> String {
        let hard = limit.hard == 0 ? "any number of unread saves" : "about \(limit.hard / saveByteCount) unread saves"
        let soft = limit.soft == 0 ? "" : ", and \(limit.soft / saveByteCount) for \(limit.seconds) s"
        return hard + soft
    }

    /// How many bytes announce one save of a session with a key of Django's length: a message each for `set` and `expire`.
    var saveByteCount: Int {
        let pattern = keyPattern.channelPattern(database: endpoint.database)
        let key = keyPattern.redisKey(of: Self.key)
        let channel = KeyPattern.channelPrefix(database: endpoint.database) + key
        let parts = [Array("pmessage".utf8), pattern, channel]
        return ["set", "expire"].reduce(0) { total, event in
            total + "*4\r\n".utf8.count + (parts + [Array(event.utf8)]).reduce(0) { $0 + Self.wireByteCount($1) }
        }
    }

    private static func wireByteCount(_ part: [UInt8]) -> Int { "$\(part.count)\r\n".utf8.count + part.count + 2 }

    /// As long as Django's.
    private static let key = ProbeKeys.key(padded: "")
}
