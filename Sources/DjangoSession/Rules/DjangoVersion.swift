/// A Django whose sessions are read, by its minor version: `4.2` stands for every 4.2.x.
package struct DjangoVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int

    private init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// The version that a text such as `4.2` or `4.2.11` names; nil where there is none of that name.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count >= 2, parts.count <= 3, let major = parts[0], let minor = parts[1], !parts.contains(nil)
        else { return nil }
        self.init(major, minor)
        guard Self.all.contains(self) else { return nil }
    }

    /// Every version that is read, from 1.4 to 6.1.
    package static let all: [DjangoVersion] =
        [(1, 4...11), (2, 0...2), (3, 0...2), (4, 0...2), (5, 0...2), (6, 0...1)]
        .flatMap { major, minors in minors.map { DjangoVersion(major, $0) } }

    package static func < (left: DjangoVersion, right: DjangoVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    package var description: String { "\(major).\(minor)" }
}

/// Versions are written as `4.1` in the table of rules, where only real ones stand.
extension DjangoVersion {
    static func v(_ major: Int, _ minor: Int) -> DjangoVersion { DjangoVersion(major, minor) }
}
