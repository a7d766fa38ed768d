import SessionModel
import Testing

@testable import SessionDirectory

/// How many unknown keys may be asked for.
@Suite struct MissAllowanceTests {
    @Test("A user who has spent the allowance is refused until it fills again, and takes none of the others'")
    func users() {
        var allowance = MissAllowance(DirectoryLimits(missesPerSecondMax: 100, missesPerSecondPerUIDMax: 10))
        for _ in 0..<10 { #expect(allowance.take(for: 1, at: 5000) == nil) }
        for _ in 0..<1000 { #expect(allowance.take(for: 1, at: 5000) == 250) }
        #expect(allowance.refusedCount == 1000)
        for _ in 0..<10 { #expect(allowance.take(for: 2, at: 5000) == nil) }
        #expect(allowance.take(for: 1, at: 5099) != nil)
        #expect(allowance.take(for: 1, at: 5100) == nil)
        #expect(allowance.take(for: 1, at: 5100) != nil)
        for _ in 0..<10 { #expect(allowance.take(for: 1, at: 60_000) == nil) }
        #expect(allowance.take(for: 1, at: 60_000) != nil, "what is not used is kept for a second")
    }

    @Test("All users together have an allowance as well, and whoever is refused for that keeps the own one")
    func all() {
        var allowance = MissAllowance(DirectoryLimits(missesPerSecondMax: 15, missesPerSecondPerUIDMax: 10))
        for _ in 0..<10 { #expect(allowance.take(for: 1, at: 0) == nil) }
        for _ in 0..<5 { #expect(allowance.take(for: 2, at: 0) == nil) }
        for _ in 0..<50 { #expect(allowance.take(for: 2, at: 0) != nil) }
        for _ in 0..<5 { #expect(allowance.take(for: 2, at: 1000) == nil) }
    }

    @Test("A slow rate says when there is a token again, and 0 is no bound")
    func rates() {
        var slow = MissAllowance(DirectoryLimits(missesPerSecondMax: 0, missesPerSecondPerUIDMax: 1))
        #expect(slow.take(for: 1, at: 0) == nil)
        #expect(slow.take(for: 1, at: 0) == 1000)
        var unbounded = MissAllowance(DirectoryLimits(missesPerSecondMax: 0, missesPerSecondPerUIDMax: 0))
        for _ in 0..<100_000 { #expect(unbounded.take(for: 1, at: 0) == nil) }
    }

    @Test("A clock that stands still or goes back gives nothing away")
    func clock() {
        var allowance = MissAllowance(DirectoryLimits(missesPerSecondMax: 0, missesPerSecondPerUIDMax: 2))
        for _ in 0..<2 { #expect(allowance.take(for: 1, at: 1000) == nil) }
        #expect(allowance.take(for: 1, at: 0) != nil)
        #expect(allowance.take(for: 1, at: 1000) != nil)
    }
}
