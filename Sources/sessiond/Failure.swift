import ArgumentParser
import SessiondClient

/// What could not be done, in words for people.
struct Failure: Error, CustomStringConvertible {
    /// The exit code of a command that could not do or tell what was asked.
    static let exitCode = ExitCode(2)

    let description: String

    /// Runs `body`, and turns an error into words on standard error and exit code 2. An `ExitCode` passes.
    static func reported(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let code as ExitCode {
            throw code
        } catch let error as SessiondClientError {
            throw report("\(error)")
        } catch let error as Failure {
            throw report(error.description)
        } catch {
            // Left are errors of reading an answer; they could repeat what is in it.
            throw report("the daemon sent an answer that this client does not understand")
        }
    }

    private static func report(_ text: String) -> ExitCode {
        Terminal.tell("sessiond: \(text)")
        return exitCode
    }
}
