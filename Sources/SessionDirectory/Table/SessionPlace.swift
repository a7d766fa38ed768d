/// The place of a session for as long as it lasts; later it may be another's.
///
/// Places are ordered, and a session keeps its own: so pages of sessions can be continued, whatever came and went.
struct SessionPlace: Hashable, Sendable, Comparable {
    /// The record's place in its shard times the number of shards, and the shard.
    let number: UInt32

    init(number: UInt32) {
        self.number = number
    }

    init(_ local: UInt32, inShard shard: Int) {
        number = local * UInt32(SessionTable.shardCount) + UInt32(shard)
    }

    /// The place in the shard.
    var local: UInt32 { number / UInt32(SessionTable.shardCount) }
    var shard: Int { Int(number) % SessionTable.shardCount }

    static func < (left: SessionPlace, right: SessionPlace) -> Bool {
        (left.shard, left.local) < (right.shard, right.local)
    }
}
