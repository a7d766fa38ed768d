/// What is done in Redis as one step, so that nobody publishes who does not hold the lease at that very moment.
///
/// Lua scripts run alone (https://redis.io/docs/latest/develop/programmability/eval-intro/): whether the lease is held, the
/// entries and how far a journal is published cannot come apart, whenever a daemon or a connection dies.
enum PublishScripts {
    /// KEYS: lease, state. ARGV: holder, milliseconds, source.
    ///
    /// Answers nothing where another one holds the lease; else how far this journal is published, whose journal was
    /// published last, and until when (milliseconds since 1970, by Redis's clock) that one had published all it had.
    static let acquire = """
        local holder = redis.call('GET', KEYS[1])
        if holder and holder ~= ARGV[1] then return {} end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        local state = redis.call('HMGET', KEYS[2], ARGV[3], 'publisher', 'complete_until')
        return {state[1] or '', state[2] or '', state[3] or ''}
        """

    /// KEYS: lease, state, stream. ARGV: holder, milliseconds, source, last id, maximal length, whether these are all (an empty id only renews
    /// the lease); then id, type and text of each event.
    ///
    /// Answers 0, and has done nothing, where the lease is not held.
    static let publish = """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        for i = 7, #ARGV, 3 do
            redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[5], '*', 'id', ARGV[i], 'type', ARGV[i + 1], 'event', ARGV[i + 2])
        end
        if ARGV[4] == '' then return 1 end
        redis.call('HSET', KEYS[2], ARGV[3], ARGV[4], 'publisher', ARGV[3])
        if ARGV[6] == '1' then
            local now = redis.call('TIME')
            redis.call('HSET', KEYS[2], 'complete_until', string.format('%d', now[1] * 1000 + math.floor(now[2] / 1000)))
        end
        return 1
        """

    /// KEYS: lease. ARGV: holder.
    static let release = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
}
