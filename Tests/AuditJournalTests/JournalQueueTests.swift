import SessionModel
import Synchronization
import TestSupport
import Testing

@testable import AuditJournal

/// What waits for the writer: bounded, in order, and nobody who waits for an event is left without a word.
@Suite struct JournalQueueTests {
    private let queue = JournalQueue()
    /// The numbers of the appends that were said not to be written.
    private let refused = JournalRig.Shared<Set<Int>>([])

    private func append(_ number: Int, _ events: [SessionEvent]) {
        let refused = refused
        queue.append(
            JournalQueue.Append(events: events) { count in
                if count == nil { refused.change { _ = $0.insert(number) } }
            })
    }

    private func events(_ range: ClosedRange<UInt64>) -> [SessionEvent] { range.map(Sample.online) }

    private var work: JournalQueue.Work { queue.next(within: 0) }

    private static func forgotten(_ sequence: UInt64) -> SessionEvent {
        SessionEvent(
            id: Sample.id(sequence), time: 0, subject: nil,
            kind: .forgotten(Forgetting(userID: UserID("1"), byUID: 0)))
    }

    @Test("Before it is opened nothing is taken, and that is said; what comes then is")
    func closed() {
        append(1, events(1...2))
        #expect(refused.value == [1])
        #expect(work.events.isEmpty && work.closure == 0)
        queue.open()
        append(2, events(3...4))
        #expect(work.events.map(\.id.sequence) == [3, 4] && work.closure == nil)
        #expect(refused.value == [1])
        #expect(queue.newestPosition == Sample.id(4))
    }

    @Test("It stays until it is written, in portions that split no call")
    func portions() {
        queue.open()
        for start in stride(from: UInt64(1), to: 6000, by: 1500) { append(Int(start), events(start...start + 1499)) }
        #expect(work.events.count == 1500 && work.appends.count == 1)
        var sequences: [UInt64] = []
        while case let portion = work, !portion.events.isEmpty {
            sequences += portion.events.map(\.id.sequence)
            queue.remove(portion)
        }
        #expect(sequences == Array(1...6000) && queue.waitingCount == 0)
    }

    @Test("A call that is longer than a portion is one")
    func long() {
        queue.open()
        append(1, events(1...5000))
        append(2, events(5001...5001))
        #expect(work.events.count == 5000)
    }

    @Test("What erases others begins a portion, so that those are written and told before")
    func erasing() {
        queue.open()
        append(1, events(1...2))
        append(2, [Self.forgotten(3)])
        append(3, events(4...5))
        let first = work
        #expect(first.events.map(\.id.sequence) == [1, 2])
        queue.remove(first)
        #expect(work.events.map(\.id.sequence) == [3, 4, 5])
    }

    @Test("When too many wait nothing more is taken until it is opened again, and what was taken is kept")
    func full() {
        queue.open()
        let most = UInt64(JournalQueue.countMax)
        append(1, events(1...most))
        #expect(refused.value.isEmpty && queue.waitingCount == JournalQueue.countMax)
        append(2, events(most + 1...most + 1))
        append(3, events(most + 2...most + 2))
        #expect(refused.value == [2, 3])
        #expect(queue.closure == 1 && work.closure == 1)
        #expect(queue.newestPosition == Sample.id(most + 2))
        queue.remove(work)
        append(4, events(most + 3...most + 3))
        #expect(refused.value == [2, 3, 4] && queue.waitingCount == 0)
        queue.open()
        append(5, events(most + 4...most + 4))
        #expect(!refused.value.contains(5) && work.closure == nil)
        // It is another time in which events go nowhere.
        queue.discardAll()
        #expect(queue.closure == 2 && refused.value.contains(5))
    }

    @Test("What is discarded is said not to be written, and nothing is taken until it is opened again")
    func discarded() {
        queue.open()
        append(1, events(1...2))
        append(2, [Self.forgotten(3)])
        queue.discardAll()
        #expect(refused.value == [1, 2])
        #expect(work.events.isEmpty && work.closure == 1)
        queue.discardAll()
        #expect(queue.closure == 1)
    }

    @Test("An empty call is written at once")
    func empty() {
        let count = JournalRig.Shared<Int?>(nil)
        queue.append(JournalQueue.Append(events: []) { told in count.change { $0 = told } })
        #expect(count.value == 0 && queue.newestPosition == nil)
    }

    @Test("Stopping ends every wait, and what waits is still offered")
    func stopping() {
        queue.open()
        append(1, events(1...1))
        queue.stop()
        queue.pause(.greatestFiniteMagnitude)
        let last = queue.next(within: .greatestFiniteMagnitude)
        #expect(last.isStopping && last.events.count == 1)
        queue.remove(last)
        #expect(queue.next(within: .greatestFiniteMagnitude).isStopping)
    }
}
