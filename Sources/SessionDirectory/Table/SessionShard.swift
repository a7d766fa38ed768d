import CLinux
import SessionModel

/// A sixteenth of the table: records side by side, and the index that finds them by key.
///
/// ```
///   index ──▶ 0  1  2  3  4 …   hot       PackedSession, what lookups read
///                               upkeep    SessionUpkeep, what the writer needs
///                               data      rendered sessions, where any are kept
///   vacant records are a chain; outsized entries stand in a dictionary
/// ```
struct SessionShard: ~Copyable {
    private var index = PlaceIndex()
    private(set) var hot: [PackedSession] = []
    var upkeep: [SessionUpkeep] = []
    /// As long as `hot`, or empty while no session's data is kept.
    private var data: [[UInt8]?] = []
    private var outsized: [UInt32: Outsized] = [:]
    private var firstVacant: UInt32?
    /// How many records are not vacant.
    private(set) var count = 0
    /// Backends by their numbers.
    private(set) var backends: [BackendName] = []

    /// Records are added in steps of an eighth, and of so many at least.
    private static let growthMin = 256
    private static let endOfChain = UInt32.max

    /// An entry that does not fit into a record. Its data stands where that of others does.
    struct Outsized {
        var key: SessionKey
        var entry: SessionEntry
    }

    // MARK: Finding

    /// The place of a key's record.
    @inline(__always)
    func place(of key: SoughtKey, _ hash: UInt64) -> UInt32? {
        switch key {
        case .packed(let key): place(of: key, hash)
        case .other(let key): index.find(hash) { hot[Int($0)].key == .none && outsized[$0]?.key == key }
        }
    }

    @inline(__always)
    func place(of key: PackedKey, _ hash: UInt64) -> UInt32? {
        index.find(hash) { hot[Int($0)].key == key }
    }

    /// Has what a search for this hash reads first come from memory.
    func fetchIndexAhead(_ hash: UInt64) {
        index.fetchAhead(hash)
    }

    /// Has the record come from memory that a search for this hash most likely finds.
    func fetchRecordAhead(_ hash: UInt64) {
        guard let place = index.find(hash, where: { _ in true }) else { return }
        hot.withUnsafeBytes { clinux_fetch_ahead($0.baseAddress, Int(place) * MemoryLayout<PackedSession>.stride) }
    }

    func key(at place: UInt32) -> SessionKey? {
        let record = hot[Int(place)]
        guard !record.isVacant else { return nil }
        return record.key == .none ? outsized[place]?.key : SessionKey(record.key.bytes)
    }

    private static func hash(
        at place: UInt32, _ hot: [PackedSession], _ outsized: [UInt32: Outsized]
    ) -> UInt64 {
        let key = hot[Int(place)].key
        return key == .none ? outsized[place].map { SoughtKey($0.key).hash } ?? 0 : key.hash
    }

    // MARK: Adding and removing

    /// Makes a record for a key that has none.
    ///
    /// - Returns: the record's place; an entry is to be written there at once.
    mutating func insert(_ key: SoughtKey, _ hash: UInt64) -> UInt32 {
        let place = takeVacant()
        hot[Int(place)] = .vacant
        if case .packed(let packed) = key { hot[Int(place)].key = packed }
        upkeep[Int(place)] = SessionUpkeep()
        count += 1
        index.insert(place, hash) { [hot, outsized] in Self.hash(at: $0, hot, outsized) }
        return place
    }

    mutating func remove(_ place: UInt32) {
        index.remove(place, Self.hash(at: place, hot, outsized))
        hot[Int(place)] = .vacant
        upkeep[Int(place)] = SessionUpkeep()
        upkeep[Int(place)].next = firstVacant ?? Self.endOfChain
        if !data.isEmpty { data[Int(place)] = nil }
        outsized[place] = nil
        firstVacant = place
        count -= 1
    }

    private mutating func takeVacant() -> UInt32 {
        if let place = firstVacant {
            let next = upkeep[Int(place)].next
            firstVacant = next == Self.endOfChain ? nil : next
            return place
        }
        if hot.count == hot.capacity {
            let capacity = hot.count + max(Self.growthMin, hot.count / 8)
            hot.reserveCapacity(capacity)
            upkeep.reserveCapacity(capacity)
            if !data.isEmpty { data.reserveCapacity(capacity) }
        }
        hot.append(.vacant)
        upkeep.append(SessionUpkeep())
        if !data.isEmpty { data.append(nil) }
        return UInt32(hot.count - 1)
    }

    // MARK: Records

    /// Whether a session is at the place.
    func isOccupied(_ place: UInt32) -> Bool {
        place < hot.count && !hot[Int(place)].isVacant
    }

    mutating func change(_ place: UInt32, _ change: (inout PackedSession) -> Void) {
        change(&hot[Int(place)])
    }

    /// Puts an entry into its record.
    ///
    /// - Parameter packed: what it is in a record; nil where it does not fit.
    mutating func write(_ entry: SessionEntry, _ key: SessionKey, _ packed: SessionRoll.Packed?, at place: UInt32) {
        let before = upkeep[Int(place)]
        var record = packed?.record ?? PackedSession(outsized: entry)
        record.key = hot[Int(place)].key
        hot[Int(place)] = record
        var after = packed?.upkeep ?? SessionUpkeep(outlineOf: entry)
        (after.next, after.previous, after.isQueued) = (before.next, before.previous, before.isQueued)
        upkeep[Int(place)] = after
        if let login = entry.standing.login, packed != nil { name(record.backend, login.backend) }
        setData(entry.data, at: place)
        var entry = entry
        entry.data = nil
        setOutsized(packed == nil ? Outsized(key: key, entry: entry) : nil, at: place)
    }

    /// - Parameters:
    ///   - forms: for each ``SessionUpkeep/form`` the one that stands in its place.
    ///   - form: the same of the form itself.
    mutating func forgetReadings(_ forms: [UInt16], _ form: (StoredForm) -> StoredForm?) {
        for place in hot.indices where !hot[place].isVacant {
            hot[place].isTouched = true
            upkeep[place].valueDigest = 0
            upkeep[place].form = forms[Int(upkeep[place].form)]
        }
        outsized = outsized.mapValues { before in
            var after = before
            after.entry.isTouched = true
            after.entry.valueDigest = 0
            after.entry.form = before.entry.form.flatMap(form)
            return after
        }
    }

    private mutating func name(_ number: UInt8, _ name: String) {
        while backends.count <= number { backends.append(BackendName("")) }
        if backends[Int(number)].name != name { backends[Int(number)] = BackendName(name) }
    }

    func data(at place: UInt32) -> [UInt8]? {
        data.isEmpty ? nil : data[Int(place)]
    }

    mutating func setData(_ bytes: [UInt8]?, at place: UInt32) {
        if data.isEmpty {
            guard bytes != nil else { return }
            data.reserveCapacity(hot.capacity)
            data.append(contentsOf: repeatElement(nil, count: hot.count))
        }
        data[Int(place)] = bytes
    }

    func outsized(at place: UInt32) -> Outsized? {
        outsized.isEmpty ? nil : outsized[place]
    }

    mutating func setOutsized(_ entry: Outsized?, at place: UInt32) {
        if entry != nil || !outsized.isEmpty { outsized[place] = entry }
    }
}

/// An authentication backend, as it is asked for and as it is written.
struct BackendName: Sendable {
    /// Its dotted path.
    var name: String
    /// The same as a JSON string.
    var json: [UInt8]

    init(_ name: String) {
        self.name = name
        var writer = JSONWriter(capacity: name.utf8.count + 2)
        writer.string(name)
        json = writer.bytes
    }
}
