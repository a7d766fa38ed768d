/// How much of the keyspace a SCAN has walked through, as its cursor tells.
///
/// Redis counts its cursor up with the bits in reverse order, whatever the size of its table: reversed once more, and divided by 2^64,
/// it is the share of the table that lies behind it. Keys are spread evenly over the table, so it is about the share of the keys.
///
/// Other servers, and Redis as a node of a cluster, count otherwise. Theirs goes back sooner or later, and is not believed from then on.
struct ScanShare {
    /// From 0 to 1; nil where the cursor does not tell.
    private(set) var value: Double? = 0

    /// The next page begins at this cursor.
    mutating func advance(to cursor: UInt64) {
        guard let before = value else { return }
        var reversed: UInt64 = 0
        for bit in 0..<64 where cursor & (1 << bit) != 0 { reversed |= 1 << (63 - bit) }
        let share = Double(reversed) / 0x1p64
        value = share >= before ? share : nil
    }
}
