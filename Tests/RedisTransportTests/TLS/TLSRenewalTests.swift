import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import RedisTransport

/// Files that change while the daemon runs.
@Suite struct TLSRenewalTests {
    /// What was logged.
    private final class Notebook: LogHandler {
        let lines: Mutex<[String]> = Mutex([])
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .info }
            set {}
        }
        subscript(metadataKey _: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) {
            lines.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }

    @Test("Files are read anew; those that cannot be used are told once, and the ones before stay in use")
    func renewal() async throws {
        let authority = try await CertificateAuthority()
        let (first, second) = (try await authority.sign("first"), try await authority.sign("second"))
        let folder = try TemporaryFolder()
        let (certificate, key) = (folder.file("client.crt"), folder.file("client.key"))
        func install(_ source: String, as target: String) throws {
            try Data(contentsOf: URL(fileURLWithPath: source)).write(to: URL(fileURLWithPath: target))
        }
        var settings = TLSSettings()
        (settings.certificateFile, settings.keyFile) = (certificate, key)
        let notebook = Notebook()
        let renewal = TLSRenewal(settings, logger: Logger(label: "test") { _ in notebook })

        #expect(throws: TLSFileError(option: "redis-certificate-file", path: certificate, problem: "no such file")) {
            try renewal.context()
        }
        try install(first.certificate, as: certificate)
        try install(first.key, as: key)
        let original = try renewal.context()
        #expect(try renewal.context().ssl === original.ssl)
        #expect(notebook.lines.withLock { $0 }.isEmpty)

        try install(second.certificate, as: certificate)
        #expect(try renewal.context().ssl === original.ssl)
        #expect(try renewal.context().ssl === original.ssl)
        let halfway = notebook.lines.withLock { $0 }
        #expect(halfway.count == 1 && halfway[0].hasPrefix("warning: --redis-key-file: cannot use \(key)"))

        try install(second.key, as: key)
        let renewed = try renewal.context()
        #expect(renewed.ssl !== original.ssl)
        #expect(notebook.lines.withLock { $0.last } == "notice: read the renewed files for TLS to Redis")

        try FileManager.default.removeItem(atPath: key)
        #expect(try renewal.context().ssl === renewed.ssl)
        #expect(notebook.lines.withLock { $0.last }?.contains("no such file") == true)
        try install(second.key, as: key)
        #expect(try renewal.context().ssl === renewed.ssl)
        // It is told again after it was well.
        try FileManager.default.removeItem(atPath: key)
        #expect(try renewal.context().ssl === renewed.ssl)
        #expect(notebook.lines.withLock { $0.count { $0.contains("no such file") } } == 2)
    }
}
