import Foundation
import Logging
import SessionModel
import Synchronization

/// The writer's thread: takes what waits, writes it in one transaction, and lets it be read.
///
/// Whatever keeps it from writing, it closes the file, says so, and tries again every second.
final class JournalWriter: @unchecked Sendable {
    private let settings: JournalSettings
    private let queue: JournalQueue
    private let memory: MemoryJournal
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let view: JournalView
    private let tell: @Sendable (JournalNews) -> Void
    /// Called once, when the first opening has succeeded or failed.
    private var opened: ((JournalOpening?) -> Void)?

    private var store: JournalStore?
    /// Where this process's events end in the journal.
    private var continuation: JournalStore.Continuation?
    private var interruption: JournalInterruption?
    /// Since when events may have gone nowhere, in milliseconds since 1970.
    private var lossSince: Int64?
    /// The last closing of the queue after which an opening was told.
    private var answeredClosure = 0
    private var lastNoted: Int64 = 0
    private var lastLooked: Int64 = 0
    private var isPruning = false
    private let ending = Mutex<Ending>(Ending())

    private struct Ending {
        var hasEnded = false
        var waiters: [@Sendable () -> Void] = []
    }

    /// How often an idle journal notes that it is alive, in milliseconds.
    private static let noteInterval: Int64 = 10_000

    init(
        settings: JournalSettings, queue: JournalQueue, memory: MemoryJournal, logger: Logger,
        now: @escaping @Sendable () -> Int64, view: JournalView,
        opened: @escaping (JournalOpening?) -> Void, tell: @escaping @Sendable (JournalNews) -> Void
    ) {
        self.settings = settings
        self.queue = queue
        self.memory = memory
        self.logger = logger
        self.now = now
        self.view = view
        self.opened = opened
        self.tell = tell
    }

    /// The thread's body.
    func run() {
        var isStopping = false
        while !isStopping {
            if store == nil, !openStore() {
                isStopping = queue.isStopped
                continue
            }
            isStopping = takeTurn()
        }
        try? store?.noteAlive(at: now())
        store?.close()
        // With it goes the lock of the directory.
        store = nil
        let waiters = ending.withLock { ending in
            ending.hasEnded = true
            return ending.waiters
        }
        for waiter in waiters { waiter() }
    }

    /// Calls back when the thread has ended.
    func whenEnded(_ waiter: @escaping @Sendable () -> Void) {
        let hasEnded = ending.withLock { ending in
            if !ending.hasEnded { ending.waiters.append(waiter) }
            return ending.hasEnded
        }
        if hasEnded { waiter() }
    }

    /// Waits for work and does it.
    ///
    /// - Returns: Whether all is done and the thread is to end.
    private func takeTurn() -> Bool {
        let work = queue.next(within: isPruning ? 0 : settings.retryInterval)
        guard let store else { return false }
        do throws(JournalFailure) {
            if !work.events.isEmpty { try write(work, to: store) }
            let losesEvents = work.closure != nil && work.closure != answeredClosure
            if losesEvents { lossSince = lossSince ?? now() }
            try lookAfter(store, losesEvents: losesEvents)
            if work.events.isEmpty, losesEvents { try recover(store, work) }
        } catch {
            fail(error)
            return work.isStopping
        }
        return work.isStopping && work.events.isEmpty
    }

    private func write(_ work: JournalQueue.Work, to store: JournalStore) throws(JournalFailure) {
        let (texts, forgotten) = try store.write(work.events, at: now())
        continuation = store.continuation
        lastNoted = now()
        queue.remove(work)
        show(store)
        if !forgotten.isEmpty { memory.dropAll() }
        memory.append(work.events, texts: texts)
        for append in work.appends {
            append.completion?(append.events.reduce(0) { $0 + (forgotten[$1.id] ?? 0) })
        }
        endInterruption(isLossless: work.closure == nil)
    }

    /// What is to be done every second, and more often while there is much to remove.
    private func lookAfter(_ store: JournalStore, losesEvents: Bool) throws(JournalFailure) {
        let time = now()
        guard isPruning || abs(time - lastLooked) >= Int64(settings.retryInterval * 1000) else { return }
        lastLooked = time
        try store.checkPlace()
        if abs(time - lastNoted) >= Self.noteInterval || interruption != nil {
            try store.noteAlive(at: time)
            lastNoted = time
            if queue.waitingCount == 0, !losesEvents { endInterruption(isLossless: true) }
        }
        try store.emptyLog()
        isPruning = try store.prune(settings.retention, at: time)
        show(store)
    }

    // MARK: Opening

    /// - Returns: Whether the file is open.
    private func openStore() -> Bool {
        do throws(JournalFailure) {
            let time = now()
            let store = try JournalStore(settings, continuation: continuation, at: time)
            self.store = store
            lastLooked = time
            if !store.isContinued { try begin(store) }
            show(store)
            return true
        } catch {
            fail(error)
            return false
        }
    }

    /// Another run begins, or another journal: what waited belongs to neither.
    private func begin(_ store: JournalStore) throws(JournalFailure) {
        queue.discardAll()
        // Whoever is woken by the new run finds the file open.
        show(store)
        memory.restart(run: store.position.run, uuid: store.uuid)
        let cause: JournalOpening.Cause = opened == nil || interruption != nil ? .interrupted : .stopped
        let opening = try opening(of: store, cause, since: store.aliveAt)
        continuation = store.continuation
        answeredClosure = queue.closure
        endInterruption(isLossless: false)
        if let opened {
            self.opened = nil
            opened(opening)
        } else {
            tell(.opened(opening))
        }
    }

    /// Takes events again after too many had waited, once those are written.
    private func recover(_ store: JournalStore, _ work: JournalQueue.Work) throws(JournalFailure) {
        guard let closure = work.closure else { return }
        let opening = try opening(of: store, .interrupted, since: nil)
        answeredClosure = closure
        endInterruption(isLossless: false)
        tell(.opened(opening))
    }

    /// - Parameter written: until when another daemon wrote there.
    private func opening(
        of store: JournalStore, _ cause: JournalOpening.Cause, since written: Int64?
    ) throws(JournalFailure) -> JournalOpening {
        var gap: JournalOpening.Gap?
        if let since = [written, lossSince].compactMap({ $0 }).min() {
            let told = try store.toldGap(cause)
            gap = JournalOpening.Gap(cause: cause, since: min(since, told ?? since), isTold: told != nil)
        }
        lossSince = nil
        return JournalOpening(run: store.position.run, openLogins: try store.openLogins(), gap: gap)
    }

    // MARK: Interruptions

    private func fail(_ failure: JournalFailure) {
        store?.close()
        store = nil
        isPruning = false
        if failure.isLasting { queue.discardAll() }
        let isNew = interruption == nil
        let since = interruption?.since ?? now()
        if interruption?.cause != "\(failure)" {
            logger.error("the audit is interrupted, identities are answered as before: \(failure)")
        }
        let current = JournalInterruption(since: since, cause: "\(failure)")
        interruption = current
        lossSince = lossSince ?? since
        view.change { held in
            held.pool = nil
            held.interruption = current
        }
        memory.wake()
        if let opened {
            self.opened = nil
            opened(nil)
        } else if isNew {
            tell(.interrupted(since: since))
        }
        queue.pause(settings.retryInterval)
    }

    /// - Parameter isLossless: whether every event of the while is in the file or waits for it.
    private func endInterruption(isLossless: Bool) {
        guard let ended = interruption else { return }
        interruption = nil
        view.change { $0.interruption = nil }
        logger.notice("the audit goes on after \(Double(max(now() - ended.since, 0)) / 1000) s")
        memory.wake()
        guard isLossless else { return }
        lossSince = nil
        tell(.resumed(since: ended.since))
    }

    /// Lets readers know what the file holds.
    private func show(_ store: JournalStore) {
        view.change { held in
            held.pool = store.pool
            held.runs = store.runs
            held.eventCount = store.eventCount
            held.oldest = store.oldestPlace.flatMap(store.runs.id)
            held.prunedPlace = store.prunedPlace
            held.bytes = store.bytes
        }
    }
}
