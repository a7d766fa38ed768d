package import AuditJournal
import Foundation
import SessionModel

/// Where events are kept.
package enum JournalConfiguration: Sendable {
    /// In memory, gone when the daemon ends.
    case memory
    case disk(JournalSettings)

    private enum Kind: String, CaseIterable {
        case disk, memory
    }

    /// How large a journal gets where nobody says otherwise, in MiB.
    private static let sizeDefault = 4096

    init(
        _ options: OptionReader, _ environment: [String: String], for purpose: ConfigurationPurpose
    ) throws(ConfigurationError) {
        switch try options.choice(.journal, default: Kind.disk) {
        case .memory: self = .memory
        case .disk:
            self = .disk(
                JournalSettings(
                    directory: try Self.directory(options, environment, for: purpose),
                    sync: try options.choice(.journalSync, default: .normal),
                    retention: try Self.retention(options)
                )
            )
        }
    }

    private static func retention(_ options: OptionReader) throws(ConfigurationError) -> JournalRetention {
        let days = try options.number(.journalMaxAge, default: 0, in: 0...36_500)
        let count = try options.integer(.journalMaxEvents, default: 0, in: 0...1_000_000_000_000)
        let size = try options.integer(.journalMaxSize, default: sizeDefault, in: 0...1_073_741_824)
        return JournalRetention(
            ageMax: days == 0 ? nil : Int64(days * 86_400_000), countMax: count == 0 ? nil : count,
            bytesMax: size == 0 ? nil : size << 20
        )
    }

    private static func directory(
        _ options: OptionReader, _ environment: [String: String], for purpose: ConfigurationPurpose
    ) throws(ConfigurationError) -> String {
        if let path = options.text(.stateDirectory) { return path }
        let candidates = StateDirectoryPath.candidates(environment: environment)
        if purpose == .examining, let first = candidates.first { return first }
        for path in candidates {
            try? FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            if FileManager.default.isWritableFile(atPath: path) { return path }
        }
        throw .badValue(
            option: .stateDirectory,
            problem: """
                none of \(candidates.joined(separator: ", ")) can be written to: give a path, or --journal memory for events \
                that are gone when the daemon ends
                """
        )
    }
}
