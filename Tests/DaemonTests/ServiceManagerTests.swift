import CLinux
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// What the daemon does for the service manager, but for what needs a process of its own: that is in `Tests/Service`.
@Suite struct ServiceManagerTests {
    @Test(
        "A sign of life takes its way through the sockets of both loops: where one only carries out tasks, it does not come"
    )
    func watchdog() async throws {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let (first, second) = (loops.next(), loops.next())
        let count = Atomic(0)
        let watchdog = try await Watchdog(every: .milliseconds(1), over: first, and: second) {
            count.wrappingAdd(1, ordering: .relaxed)
        }
        try await eventually("signs of life") { count.load(ordering: .relaxed) > 10 }
        for busy in [first, second] {
            let (isOver, spins) = (Flag(), Flag())
            @Sendable func spin() {
                spins.count.wrappingAdd(1, ordering: .relaxed)
                if isOver.count.load(ordering: .relaxed) == 0 { busy.execute { spin() } }
            }
            busy.execute { spin() }
            try await eventually("the loop to be busy") { spins.count.load(ordering: .relaxed) > 100 }
            let before = count.load(ordering: .relaxed)
            let end = busy.now + .milliseconds(50)
            try await eventually("fifty intervals") { busy.now > end }
            // But for one that was on its way.
            #expect(count.load(ordering: .relaxed) <= before + 1)
            isOver.count.store(1, ordering: .relaxed)
            try await eventually("the next sign") { count.load(ordering: .relaxed) > before }
        }
        watchdog.cancel()
        try await loops.shutdownGracefully()
    }

    private final class Flag: Sendable {
        let count = Atomic(0)
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

    // A sanitizer has an allocator of its own.
    @Test(
        "What was needed for a while is given back, whatever came and went before",
        .enabled(if: mallinfo2().uordblks > 0))
    func freedMemory() async {
        await #expect(processExitsWith: .success) {
            _ = ProcessSetup.prepare()
            // After this Glibc alone would keep twice as much free memory.
            Array(repeating: UInt8(1), count: 20 << 20).withUnsafeBytes { precondition($0[1] == 1) }
            let before = mallinfo2()
            withExtendedLifetime((0..<200).map { _ in [UInt8](repeating: 1, count: 100 << 10) }) {
                precondition(mallinfo2().uordblks >= before.uordblks + 200 * 100 << 10)
            }
            let after = mallinfo2()
            precondition(after.arena <= before.arena + 4 << 20)
        }
    }
}
