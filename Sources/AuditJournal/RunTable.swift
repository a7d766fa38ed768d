import GRDB
import SessionModel

/// The runs that a journal knows, and where their events lie: a place is an SQLite rowid, and sorts as the ids do.
struct RunTable {
    private(set) var runs: [Run] = []

    struct Run {
        /// 1 for the journal's first run.
        var number: Int64
        var run: UInt64
        /// The newest position that was given out under it.
        var lastSequence: UInt64
    }

    private static let sequenceBits: Int64 = 40
    private static let numbers: Range<Int64> = 1..<1 << 23

    init() {}

    /// The runs of a journal's file.
    init(_ db: Database) throws {
        for row in try Row.fetchAll(db, sql: "SELECT number, run, last_sequence FROM run ORDER BY number") {
            let number: Int64 = try row.decode(atIndex: 0)
            let run = UInt64(try row.decode(String.self, atIndex: 1), radix: 16)
            let sequence = UInt64(exactly: try row.decode(Int64.self, atIndex: 2))
            guard let run, let sequence, Self.numbers.contains(number), run <= Int64.max else {
                throw JournalFailure.damaged("a run is none")
            }
            append(Run(number: number, run: run, lastSequence: sequence))
        }
    }

    var last: Run? { runs.last }

    mutating func append(_ run: Run) {
        runs.append(run)
    }

    /// The newest event's sequence, in the last run.
    mutating func advance(to sequence: UInt64) {
        guard !runs.isEmpty else { return }
        runs[runs.count - 1].lastSequence = sequence
    }

    /// The first place behind a run's number.
    private static func base(_ number: Int64) -> Int64 { number << sequenceBits }

    /// Nil for a run that the journal does not know.
    func place(of id: EventID) -> Int64? {
        guard let run = runs.last(where: { $0.run == id.run }), id.sequence < 1 << UInt64(Self.sequenceBits) else {
            return nil
        }
        return Self.base(run.number) | Int64(id.sequence)
    }

    /// Nil for a place of no run.
    func id(at place: Int64) -> EventID? {
        let number = place >> Self.sequenceBits
        guard let index = runs.partitioningIndex(where: { $0.number >= number }), runs[index].number == number else {
            return nil
        }
        return EventID(run: runs[index].run, sequence: UInt64(place & (Self.base(1) - 1)))
    }

    /// Whether a position was ever given out under a run that is known.
    func hasGivenOut(_ id: EventID) -> Bool {
        runs.last { $0.run == id.run }.map { id.sequence <= $0.lastSequence } ?? false
    }
}

extension Array {
    /// The first index whose element satisfies a condition that all behind it satisfy, too.
    fileprivate func partitioningIndex(where condition: (Element) -> Bool) -> Int? {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low < endIndex ? low : nil
    }
}
