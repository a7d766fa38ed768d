/// The numbers under which the kernel shows users and groups that have none in the daemon's user namespace.
///
/// There, anybody outside looks the same (`overflowuid`, usually 65534), so such a number names nobody: neither the daemon's own
/// user nor whom a rule is for. Source: user_namespaces(7).
package struct UnmappedAccounts: Sendable, Equatable {
    /// Nil where every user has a number of its own.
    package var uid: UInt32?
    /// Nil where every group has.
    package var gid: UInt32?

    package init(uid: UInt32? = nil, gid: UInt32? = nil) {
        self.uid = uid
        self.gid = gid
    }

    /// As the files of `/proc` say.
    ///
    /// - Parameter text: the content of the file of this path; nil where it cannot be read.
    package init(reading text: (String) -> String?) {
        uid = Self.number(map: text("/proc/self/uid_map"), overflow: text("/proc/sys/kernel/overflowuid"))
        gid = Self.number(map: text("/proc/self/gid_map"), overflow: text("/proc/sys/kernel/overflowgid"))
    }

    /// Where nothing can be read nobody knows, so the usual number counts for nobody.
    private static func number(map: String?, overflow: String?) -> UInt32? {
        if let map, isComplete(map) { return nil }
        return overflow.flatMap { UInt32($0.prefix { !$0.isWhitespace }) } ?? 65534
    }

    /// Whether the ranges, which cannot overlap, hold all numbers; 2^32 - 1 is none.
    private static func isComplete(_ map: String) -> Bool {
        let counts = map.split(separator: "\n").compactMap { $0.split(separator: " ").last.flatMap { UInt64($0) } }
        return counts.reduce(0, +) >= UInt64(UInt32.max)
    }
}
