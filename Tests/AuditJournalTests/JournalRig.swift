import AuditJournal
import Foundation
import Logging
import SessionModel
import Synchronization
import TestSupport

/// A journal on disk in a folder of its own, with a clock that the test moves.
final class JournalRig: Sendable {
    let folder: TemporaryFolder
    let directory: String
    let journal: DiskJournal
    /// What the journal held when it was opened; nil where it could not be.
    let opening: JournalOpening?
    let clock: Shared<Int64>
    let news: Shared<[JournalNews]>

    /// A value that several threads use.
    final class Shared<Value: Sendable>: Sendable {
        private let mutex: Mutex<Value>

        init(_ value: Value) {
            mutex = Mutex(value)
        }

        var value: Value { mutex.withLock { $0 } }

        func change(_ change: @Sendable (inout Value) -> Void) {
            mutex.withLock { change(&$0) }
        }
    }

    /// - Parameters:
    ///   - directory: the state directory; one in the folder where none is named.
    ///   - change: of the settings.
    init(
        _ folder: TemporaryFolder, directory: String? = nil, at now: Int64 = 1_700_000_000_000,
        change: (inout JournalSettings) -> Void = { _ in }
    ) async {
        self.folder = folder
        self.directory = directory ?? folder.file("state")
        var settings = JournalSettings(directory: self.directory)
        settings.retryInterval = 0.05
        change(&settings)
        let (clock, news) = (Shared(now), Shared<[JournalNews]>([]))
        (self.clock, self.news) = (clock, news)
        journal = DiskJournal(settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { clock.value }
        opening = await journal.start { item in news.change { $0.append(item) } }
        if opening != nil { journal.open() }
    }

    /// The file.
    var path: String { JournalFile.path(in: directory) }

    /// Appends events and waits until they can be read.
    func write(_ events: [SessionEvent]) async throws {
        guard let last = events.last else { return }
        journal.append(events)
        try await eventually("the journal to write \(last.id)") { self.journal.position >= last.id }
    }

    /// A page, by way of the file.
    func read(
        _ start: EventStart = .oldest, _ filter: EventFilter = EventFilter(), limit: Int = 1000
    ) async throws -> EventBatch {
        try await withCheckedThrowingContinuation { continuation in
            journal.read(from: start, matching: filter, limit: limit) { result in
                continuation.resume(with: result.map(\.0).mapError { $0 as any Error })
            }
        }
    }

    /// All pages.
    func readAll(_ start: EventStart = .oldest, _ filter: EventFilter, limit: Int) async throws -> [RecordedEvent] {
        var events: [RecordedEvent] = []
        var start = start
        while true {
            let page = try await read(start, filter, limit: limit)
            events += page.events
            guard page.hasMore else { return events }
            start = .after(page.position)
        }
    }

    /// The daemon dies at this moment: its files as they are, in another folder.
    func crashed() throws -> String {
        let copy = folder.file("crashed-\(UInt32.random(in: .min ... .max))")
        try FileManager.default.copyItem(atPath: directory, toPath: copy)
        return copy
    }

    /// How the machine is told that it may go on after the journal was away.
    func takeOpening() async throws -> JournalOpening {
        var opening: JournalOpening?
        try await eventually("the journal to be opened again") {
            for case .opened(let told) in self.news.value { opening = told }
            return opening != nil
        }
        guard let opening else { throw Timeout(description: "never opened") }
        return opening
    }
}
