import Foundation
import TestSupport

/// The plain `sqlite3` tool, as an auditor has it.
enum SQLite {
    /// The rows of a query, each as its columns' texts.
    static func rows(_ sql: String, in path: String) throws -> [[String]] {
        try run(sql, path, ["-readonly", "-separator", "\t"]).split(separator: "\n").map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// Carries statements out.
    static func execute(_ sql: String, in path: String) throws {
        _ = try run(sql, path, [])
    }

    private static func run(_ sql: String, _ path: String, _ options: [String]) throws -> String {
        let (code, output) = try ChildProcess.runBlocking(
            "/usr/bin/sqlite3", ["-bail", "-cmd", ".timeout 5000"] + options + [path, sql])
        guard code == 0 else { throw Timeout(description: "sqlite3 refused: \(sql)") }
        return output
    }
}
