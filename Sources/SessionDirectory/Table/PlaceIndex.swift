import CLinux

/// Finds the places of records by the hashes of what they hold: open addressing with linear probing.
///
/// ```
///   hash ──high bits──▶ home        tags    │ 0 │ 9c │ 51 │  1 │ 9c │ 0 │    a byte each: 64 of them are one cache line
///        ──low byte───▶ tag 9c      places  │   │ 17 │  4 │    │ 80 │   │    asked for only where the tag fits
///                                             ▲ home, searched up to the first 0
/// ```
/// The index holds no hashes: it asks for that of a record where it is built anew. A removed place leaves a grave (tag 1), which
/// the next building clears away. It takes 5 bytes a slot and is seven eighths full at most, so 6 to 9 bytes a record.
struct PlaceIndex {
    private static let empty: UInt8 = 0
    private static let grave: UInt8 = 1
    private static let slotCountMin = 16

    private var tags: [UInt8]
    private var places: [UInt32]
    /// How many places it holds.
    private(set) var count = 0
    private var graveCount = 0

    /// How many it has room for; for tests.
    var slotCount: Int { tags.count }

    init() {
        tags = Array(repeating: Self.empty, count: Self.slotCountMin)
        places = Array(repeating: 0, count: Self.slotCountMin)
    }

    private static func tag(_ hash: UInt64) -> UInt8 { max(UInt8(truncatingIfNeeded: hash), grave + 1) }

    private func home(_ hash: UInt64) -> Int { Int(hash.multipliedFullWidth(by: UInt64(tags.count)).high) }

    /// The slot of the place that `isSought`, among those whose hash may be this one.
    @inline(__always)
    private func slot(_ hash: UInt64, where isSought: (UInt32) -> Bool) -> Int? {
        let tag = Self.tag(hash)
        var slot = home(hash)
        while true {
            let found = tags[slot]
            if found == tag, isSought(places[slot]) { return slot }
            if found == Self.empty { return nil }
            slot += 1
            if slot == tags.count { slot = 0 }
        }
    }

    /// The place that `isSought`, among those whose hash may be this one.
    @inline(__always)
    func find(_ hash: UInt64, where isSought: (UInt32) -> Bool) -> UInt32? {
        slot(hash, where: isSought).map { places[$0] }
    }

    /// Has what ``find(_:where:)`` reads first come from memory.
    @inline(__always)
    func fetchAhead(_ hash: UInt64) {
        let home = home(hash)
        tags.withUnsafeBytes { clinux_fetch_ahead($0.baseAddress, home) }
        places.withUnsafeBytes { clinux_fetch_ahead($0.baseAddress, home * MemoryLayout<UInt32>.stride) }
    }

    /// Adds a place that is not there yet.
    ///
    /// - Parameter hashOf: tells the hash of any place that was added and not removed.
    mutating func insert(_ place: UInt32, _ hash: UInt64, hashOf: (UInt32) -> UInt64) {
        if (count + graveCount + 1) * 8 > tags.count * 7 { rebuild(hashOf) }
        put(place, hash)
        count += 1
    }

    /// Removes a place that is there.
    mutating func remove(_ place: UInt32, _ hash: UInt64) {
        guard let slot = slot(hash, where: { $0 == place }) else { return }
        let next = slot + 1 == tags.count ? 0 : slot + 1
        // No search goes on behind the last of a row.
        let isLast = tags[next] == Self.empty
        tags[slot] = isLast ? Self.empty : Self.grave
        if !isLast { graveCount += 1 }
        count -= 1
    }

    /// Puts another place of the same hash where one was.
    mutating func replace(_ place: UInt32, _ hash: UInt64, by other: UInt32) {
        if let slot = slot(hash, where: { $0 == place }) { places[slot] = other }
    }

    private mutating func put(_ place: UInt32, _ hash: UInt64) {
        var slot = home(hash)
        while tags[slot] > Self.grave {
            slot += 1
            if slot == tags.count { slot = 0 }
        }
        if tags[slot] == Self.grave { graveCount -= 1 }
        tags[slot] = Self.tag(hash)
        places[slot] = place
    }

    /// Half as large again, unless it was graves that filled it.
    private mutating func rebuild(_ hashOf: (UInt32) -> UInt64) {
        let (oldTags, oldPlaces) = (tags, places)
        let slotCount = count * 8 > tags.count * 6 ? tags.count + tags.count / 2 : tags.count
        tags = Array(repeating: Self.empty, count: slotCount)
        places = Array(repeating: 0, count: slotCount)
        graveCount = 0
        for (slot, tag) in oldTags.enumerated() where tag > Self.grave {
            put(oldPlaces[slot], hashOf(oldPlaces[slot]))
        }
    }
}
