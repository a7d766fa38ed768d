import ArgumentParser
import Daemon
import Foundation

/// `sessiond decode`.
struct DecodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Read one stored value on standard input and print the session that it holds.",
        discussion: """
            Needs no daemon and no Redis. Prints one line of JSON: {"ok":true,"user_id":…,"data":{…}} and exits with 0, or \
            {"ok":false,"reason":"invalid|unreadable","why":"…"} and exits with 1. The input is the value to the last byte; \
            `head -c -1` takes away the line feed that redis-cli adds.

            Example:
              redis-cli --raw GET django_sessions:<key> | head -c -1 | sessiond decode --secret-key-file secret-key
            """
    )

    @OptionGroup var decoder: DecoderOptions

    func run() async throws {
        let settings: DecoderSettings
        do {
            settings = try DecoderSettings.load(
                flags: decoder.flags,
                environment: ProcessInfo.processInfo.environment,
                file: decoder.config ?? ProcessInfo.processInfo.environment["SESSIOND_CONFIG"]
            )
        } catch {
            Terminal.tell("sessiond: \(error)")
            throw ExitCode(64)
        }
        let value = Array(try FileHandle.standardInput.readToEnd() ?? Data())
        let report = ValueReport(of: value, with: settings)
        Terminal.print(json: report.json)
        if !report.isSession { throw ExitCode(1) }
    }
}
