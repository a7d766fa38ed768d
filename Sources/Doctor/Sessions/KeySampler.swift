import RESP
import RedisTransport
import SessionModel

/// Reads keys and values, within bounds and by commands that only read.
struct KeySampler {
    let probe: RedisProbe
    let bounds: SampleBounds

    /// What kept from looking.
    struct Failure: Error {
        let refusal: Refusal
        let command: String
    }

    /// Names of keys.
    struct Names {
        var names: [[UInt8]] = []
        var isComplete = false
        var pageCount = 0
    }

    /// Names that match a glob, up to so many; all names for nil.
    func names(matching glob: [UInt8]?, countMax: Int) async throws -> Names {
        var found = Names()
        var cursor = ScanPage.start
        while found.pageCount < bounds.pageCountMax, found.names.count < countMax {
            let command = ScanPage.command(from: cursor, matching: glob, count: bounds.pageKeyCount)
            let reply = try await probe.ask(command)
            guard let page = ScanPage(reply) else {
                throw Failure(refusal: Refusal(reply) ?? .other("?"), command: "SCAN")
            }
            found.pageCount += 1
            found.names += page.names.compactMap(\.bytes)
            cursor = page.cursor
            if page.isLast {
                found.isComplete = found.names.count <= countMax
                break
            }
        }
        found.names = Array(found.names.prefix(countMax))
        return found
    }

    /// Sessions under the pattern.
    func sample(_ pattern: KeyPattern) async throws -> SessionSample {
        let found = try await names(matching: pattern.scanPattern, countMax: bounds.valueCountMax)
        var sample = SessionSample(isComplete: found.isComplete)
        let keys = found.names.compactMap { name in
            let key = pattern.sessionKey(of: name[...])
            if key == nil { sample.foreignCount += 1 }
            return key
        }
        var rest = keys[...]
        while !rest.isEmpty {
            let group = Array(rest.prefix(bounds.groupCount))
            rest = rest.dropFirst(group.count)
            for (key, value) in zip(group, try await values(of: group.map(pattern.redisKey))) {
                // It may have gone meanwhile.
                guard value.content != .absent else { continue }
                sample.entries.append(.init(key: key, value: value))
            }
        }
        return sample
    }

    /// What keys hold, in their order.
    func values(of redisKeys: [[UInt8]]) async throws -> [StoredValue] {
        let last = Array("\(StoredValue.shortByteCount)".utf8)
        let commands = redisKeys.flatMap { key in
            [[Array("GETRANGE".utf8), key, Array("0".utf8), last], [Array("PTTL".utf8), key]]
        }
        let replies = try await probe.ask(commands)
        return try stride(from: 0, to: replies.count - 1, by: 2).map { index in
            let (value, timeToLive) = (replies[index], replies[index + 1])
            if let refusal = Refusal(timeToLive) { throw Failure(refusal: refusal, command: "PTTL") }
            if let refusal = Refusal(value), refusal != .other("WRONGTYPE"), value.omission == nil {
                throw Failure(refusal: refusal, command: "GETRANGE")
            }
            // An empty string is no session either.
            let stored = StoredValue(value: value, timeToLive: timeToLive, askedAt: 0)
            return stored?.cut(behind: StoredValue.shortByteCount)
                ?? StoredValue(content: .absent, expiry: .never, askedAt: 0)
        }
    }
}
