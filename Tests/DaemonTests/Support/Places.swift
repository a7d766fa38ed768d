import Foundation

/// Where the tests find what they start.
enum Places {
    /// The checkout.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// The executable that was built with the tests: it lies beside them.
    static let sessiond = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("sessiond").path

    /// A Python with the packages of `Tests/requirements.txt`, which `make test` sets up.
    static let python = ProcessInfo.processInfo.environment["SESSIOND_TEST_PYTHON"] ?? "\(root)/.venv/bin/python"

    static var hasPython: Bool { FileManager.default.isExecutableFile(atPath: python) }
}
