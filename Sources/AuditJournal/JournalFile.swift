import Foundation
import GRDB

/// A journal's file as others than its daemon see it: read only.
package enum JournalFile {
    /// The path of the journal in a state directory.
    package static func path(in folder: String) -> String { folder + "/" + StateDirectory.journalName }

    /// Opens a journal to be read.
    static func open(_ path: String) throws(JournalFailure) -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            guard try queue.read({ try !JournalSchema.migrator.hasBeenSuperseded($0) }) else {
                throw JournalFailure.newer(path: path)
            }
            return queue
        } catch {
            throw JournalFailure(error)
        }
    }

    /// Copies a journal as it is at this moment, while its daemon goes on writing.
    ///
    /// The copy is whole or not there: it gets its name when it is done.
    ///
    /// - Parameters:
    ///   - path: of the journal.
    ///   - target: where nothing lies yet.
    package static func copy(_ path: String, to target: String) throws(JournalFailure) {
        guard access(target, F_OK) != 0 else { throw .exists(path: target) }
        let unfinished = target + ".unfinished"
        unlink(unfinished)
        do {
            let descriptor = Glibc.open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw JournalFailure.directory(path: unfinished, problem: String(cString: strerror(errno)))
            }
            close(descriptor)
            let copy = try DatabaseQueue(path: unfinished)
            try open(path).backup(to: copy)
            try copy.close()
            guard rename(unfinished, target) == 0 else {
                throw JournalFailure.directory(path: target, problem: String(cString: strerror(errno)))
            }
        } catch {
            unlink(unfinished)
            throw JournalFailure(error)
        }
    }
}
