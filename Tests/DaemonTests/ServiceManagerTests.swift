import CLinux
import Foundation
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Daemon

/// What the daemon does for the service manager, but for what needs a process of its own: that is in `Tests/Service`.
@Suite struct ServiceManagerTests {
    @Test("A sign of life takes its way over both loops, at each interval")
    func watchdog() {
        let (first, second) = (EmbeddedEventLoop(), EmbeddedEventLoop())
        let count = Atomic(0)
        let task = Watchdog.tell(every: .seconds(15), over: first, and: second) {
            count.wrappingAdd(1, ordering: .relaxed)
        }
        first.advanceTime(by: .zero)
        second.run()
        #expect(count.load(ordering: .relaxed) == 1)
        // The first loop turns, the second hangs.
        first.advanceTime(by: .seconds(15))
        #expect(count.load(ordering: .relaxed) == 1)
        second.run()
        #expect(count.load(ordering: .relaxed) == 2)
        // The second turns, the first hangs.
        second.advanceTime(by: .seconds(60))
        #expect(count.load(ordering: .relaxed) == 2)
        task.cancel()
    }

    @Test(
        "The interval is half of what the service manager allows, where it watches this process",
        arguments: [
            ([:], nil), (["WATCHDOG_USEC": "30000000"], 15), (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"], 15),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"], nil), (["WATCHDOG_USEC": "soon"], nil),
            (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "-5"], nil),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "me"], nil),
        ] as [([String: String], Int64?)])
    func interval(environment: [String: String], seconds: Int64?) {
        #expect(Watchdog.interval(environment: environment, pid: 7) == seconds.map { .seconds($0) })
    }

    @Test("No core can be dumped, and what was meant for this process alone is gone from the environment")
    func preparation() async {
        await #expect(processExitsWith: .success) {
            setenv("LISTEN_PID", "\(getpid())", 1)
            setenv("LISTEN_FDS", "1", 1)
            setenv("LISTEN_FDNAMES", "sessiond", 1)
            precondition(clinux_are_dumps_allowed() != 0)
            let environment = ProcessSetup.prepare()
            precondition(clinux_are_dumps_allowed() == 0)
            precondition(environment["LISTEN_FDS"] == "1")
            for variable in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { precondition(getenv(variable) == nil) }
        }
    }
}
