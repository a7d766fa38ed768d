import AuditJournal
import SessionModel
import Synchronization
import Testing

@Suite struct MemoryJournalTests {
    private let journal = MemoryJournal(run: 7, uuid: "5f0c2c52-6a5e-4f0c-9f0a-0d8c1c6f7a11", capacity: 4)

    private func read(
        _ start: EventStart,
        _ filter: EventFilter = EventFilter(),
        limit: Int = 100
    ) throws(PositionLost) -> EventBatch {
        var filter = filter
        return try journal.read(from: start, matching: &filter, limit: limit)
    }

    private func append(_ sequences: ClosedRange<UInt64>, _ event: (UInt64) -> SessionEvent = Sample.online) {
        journal.append(sequences.map(event))
    }

    private static let all = EventFilter(types: Set(EventType.allCases))

    // MARK: Lost positions

    @Test("A position of another run or of the future is lost", arguments: [(6, 1), (8, 0), (7, 3), (0, 0)])
    func unknown(run: UInt64, sequence: UInt64) {
        append(1...2)
        #expect(throws: PositionLost(oldest: Sample.id(1))) {
            try read(.after(EventID(run: run, sequence: sequence)))
        }
    }

    @Test("In an empty journal only its beginning is known")
    func empty() throws {
        #expect(throws: PositionLost(oldest: nil)) { try read(.after(Sample.id(1))) }
        let batch = try read(.after(journal.position))
        #expect(batch.events.isEmpty && !batch.hasMore)
        #expect(batch.position == EventID(run: 7, sequence: 0))
        #expect(try read(.oldest).position == EventID(run: 7, sequence: 0))
    }

    @Test("A position is lost as soon as an event behind it was dropped, and not before")
    func dropped() throws {
        append(1...6)
        #expect(throws: PositionLost(oldest: Sample.id(3))) { try read(.after(Sample.id(1))) }
        #expect(try read(.after(Sample.id(2))).sequences == [3, 4, 5, 6])
        #expect(try read(.oldest).sequences == [3, 4, 5, 6])
    }

    @Test("Frequent events push out neither the others nor their positions")
    func activity() throws {
        append(1...1)
        append(2...50, Sample.renewed)
        #expect(try read(.after(EventID(run: 7, sequence: 0))).sequences == [1])
        #expect(throws: PositionLost.self) { try read(.after(Sample.id(2)), Self.all) }
        #expect(try read(.oldest, Self.all).sequences == [1, 47, 48, 49, 50])
    }

    @Test("The oldest event of a lost position is one from which that filter can go on")
    func goingOn() throws {
        append(1...2, Sample.renewed)
        append(3...9)
        for filter in [EventFilter(), Self.all] {
            var oldest: EventID?
            do throws(PositionLost) {
                _ = try read(.after(EventID(run: 7, sequence: 0)), filter)
            } catch {
                oldest = error.oldest
            }
            #expect(oldest == Sample.id(6))
            #expect(try read(.after(try #require(oldest)), filter).sequences == [7, 8, 9])
        }
    }

    // MARK: Order and pages

    @Test("Both sorts of events come merged in the order of their ids")
    func merged() throws {
        journal.append([Sample.online(1), Sample.renewed(2), Sample.renewed(3), Sample.online(4), Sample.renewed(5)])
        #expect(try read(.oldest, Self.all).sequences == [1, 2, 3, 4, 5])
        #expect(try read(.after(Sample.id(2)), Self.all).sequences == [3, 4, 5])
        #expect(try read(.oldest).sequences == [1, 4])
        #expect(try read(.oldest, EventFilter(types: [.renewed])).sequences == [2, 3, 5])
    }

    @Test("Pages of every length meet without a gap, and only the last one says that nothing follows", arguments: 1...6)
    func pages(limit: Int) throws {
        journal.append([Sample.online(1), Sample.renewed(2), Sample.rejected(3), Sample.online(4), Sample.online(6)])
        var filter = EventFilter(types: [.userOnline, .renewed])
        var found: [UInt64] = []
        var start = EventStart.oldest
        while true {
            let page = try journal.read(from: start, matching: &filter, limit: limit)
            found += page.sequences
            guard page.hasMore else {
                #expect(page.position == Sample.id(6))
                break
            }
            #expect(page.events.count == limit)
            start = .after(page.position)
        }
        #expect(found == [1, 2, 4, 6])
    }

    @Test("What does not match is no reason to say that more follows")
    func exact() throws {
        journal.append([Sample.online(1), Sample.rejected(2), Sample.rejected(3)])
        let page = try read(.oldest, EventFilter(types: [.userOnline]), limit: 1)
        #expect(!page.hasMore)
        #expect(page.position == Sample.id(3))
    }

    @Test("The position of a read is the newest event's, also where that one is of the other sort")
    func position() throws {
        journal.append([Sample.online(1), Sample.renewed(2)])
        #expect(try read(.oldest).position == Sample.id(2))
        #expect(journal.position == Sample.id(2))
    }

    @Test("No event at all is a page too")
    func noLimit() throws {
        append(1...2)
        let page = try read(.oldest, limit: 0)
        #expect(page.events.isEmpty && page.hasMore)
        #expect(page.position < Sample.id(1))
    }

    // MARK: Filters

    @Test("A session is followed through its rotations, whatever page or position they were on")
    func rotations() throws {
        journal.append([
            Sample.login(1, of: "a"), Sample.login(2, of: "b", replacing: "a"), Sample.login(3, of: "c"),
            Sample.logout(4, of: "b"),
        ])
        let filter = EventFilter(session: Sample.session("a"))
        #expect(try read(.oldest, filter).sequences == [1, 2, 4])
        #expect(try read(.after(Sample.id(1)), filter).sequences == [2, 4])
        #expect(try read(.after(Sample.id(2)), filter).sequences == [4])
        #expect(try read(.after(Sample.id(3)), EventFilter(session: Sample.session("c"))).sequences == [])
    }

    @Test(
        "What is offered to several filters at once is what each finds by itself, in portions of every length",
        arguments: 1...7)
    func offered(limit: Int) throws {
        let journal = MemoryJournal(run: 7, uuid: "5f0c2c52-6a5e-4f0c-9f0a-0d8c1c6f7a11", capacity: 100)
        let keys = ["a", "b", "c", "d"]
        for sequence in UInt64(1)...80 {
            let (key, other) = (keys[Int(sequence * 7 % 4)], keys[Int(sequence * 5 % 3)])
            switch sequence * 11 % 6 {
            case 0: journal.append([Sample.login(sequence, of: key)])
            case 1: journal.append([Sample.login(sequence, of: key, replacing: other)])
            case 2: journal.append([Sample.renewed(sequence)])
            case 3: journal.append([Sample.rejected(sequence)])
            case 4: journal.append([Sample.online(sequence)])
            default: journal.append([Sample.logout(sequence, of: key)])
            }
        }
        let wanted =
            keys.map { EventFilter(session: Sample.session($0)) }
            + [EventFilter(types: [.login]), EventFilter(userID: UserID("2")), EventFilter()]
        var filters = wanted
        // As a subscription does that follows a session: its first read is its own.
        for index in filters.indices {
            _ = try journal.read(from: .after(Sample.id(10)), matching: &filters[index], limit: 0)
        }
        var found = filters.map { _ in [UInt64]() }
        var position = Sample.id(10)
        while true {
            var takers: [[Int]] = []
            let batch = try #require(
                journal.recent(after: position, activity: false) { event in
                    guard takers.count < limit else { return .refused }
                    let taking = filters.indices.filter { filters[$0].admits(event) }
                    guard !taking.isEmpty else { return .passed }
                    takers.append(taking)
                    return .taken
                })
            for (event, taking) in zip(batch.events, takers) {
                for index in taking { found[index].append(event.id.sequence) }
            }
            position = batch.position
            guard batch.hasMore else { break }
        }
        #expect(position == journal.position)
        let alone = try wanted.map { filter in
            var filter = filter
            return try journal.read(from: .after(Sample.id(10)), matching: &filter, limit: 1000).sequences
        }
        #expect(found == alone)
        #expect(journal.recent(after: EventID(run: 6, sequence: 1), activity: false) { _ in .taken } == nil)
    }

    @Test("One read of the recent events looks at a bounded number of them, and the next one goes on there")
    func bounded() throws {
        let journal = MemoryJournal(run: 7, uuid: "5f0c2c52-6a5e-4f0c-9f0a-0d8c1c6f7a11")
        journal.append((1...5000).map(Sample.rejected) + [Sample.online(5001)])
        var filter = EventFilter(types: [.userOnline])
        var (start, readCount) = (EventStart.oldest, 0)
        while true {
            let batch = try #require(try journal.recent(from: start, matching: &filter, limit: 10))
            readCount += 1
            guard batch.hasMore else {
                #expect(batch.sequences == [5001])
                break
            }
            #expect(batch.events.isEmpty)
            start = .after(batch.position)
        }
        #expect(readCount > 4)
    }

    @Test("An event's text is the same whoever reads it, and names the journal")
    func text() throws {
        append(1...1)
        let first = try read(.oldest).events
        let second = try read(.oldest).events
        #expect(first.map(\.json) == second.map(\.json))
        #expect(first.map(\.json) == [Sample.online(1).cloudEvent(source: journal.source)])
        #expect(journal.source == "urn:uuid:5f0c2c52-6a5e-4f0c-9f0a-0d8c1c6f7a11")
    }

    // MARK: Capacity and watching

    @Test("Each sort holds as many as it may and no more")
    func capacity() throws {
        append(1...100)
        append(101...300, Sample.renewed)
        let figures = journal.figures
        #expect(figures.eventCount == 8)
        #expect(figures.position == Sample.id(300))
        #expect(figures.oldest == Sample.id(97))
    }

    @Test("Whoever watches is woken after an addition, sees the event, and is left alone afterwards")
    func watching() throws {
        let seen = Mutex<[EventID]>([])
        let journal = journal
        let watch = journal.watch { seen.withLock { $0.append(journal.position) } }
        let other = journal.watch {}
        #expect(watch != other)
        journal.append([])
        #expect(seen.withLock(\.self) == [])
        append(1...2)
        #expect(seen.withLock(\.self) == [Sample.id(2)])
        journal.unwatch(watch)
        append(3...3)
        #expect(seen.withLock(\.self) == [Sample.id(2)])
    }
}

extension EventBatch {
    fileprivate var sequences: [UInt64] { events.map(\.id.sequence) }
}
