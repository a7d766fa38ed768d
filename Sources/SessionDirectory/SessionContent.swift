import DjangoSession
import SessionModel

/// What the directory reads from a session's rendered data.
enum SessionContent {
    private static let passwordHashName = Array("\"_auth_user_hash\"".utf8)

    /// A digest of all members but the password hash; equal for a session and the copy that Django makes of it when
    /// the password changes. Good for this process only.
    static func digestWithoutPasswordHash(_ data: [UInt8]) -> UInt32 {
        var digest = 0
        for member in SessionMembers(data) where member.quotedName != passwordHashName[...] {
            var hasher = Hasher()
            hasher.combine(all: member.quotedName)
            hasher.combine(all: member.value)
            // A sum, since the order of the members means nothing.
            digest &+= hasher.finalize()
        }
        return UInt32(truncatingIfNeeded: digest)
    }

    /// The names of the members that were added, removed or changed, sorted.
    static func changedNames(from old: [UInt8], to new: [UInt8]) -> [String] {
        let before = Dictionary(SessionMembers(old).map { ($0.quotedName, $0) }) { $1 }
        let after = Dictionary(SessionMembers(new).map { ($0.quotedName, $0) }) { $1 }
        let touched = after.values.filter { before[$0.quotedName]?.value != $0.value }
        let removed = before.values.filter { after[$0.quotedName] == nil }
        return (touched + removed).map(\.name).sorted()
    }
}

extension DataView {
    /// The data without the members that this view does not show.
    func visible(of data: [UInt8]) -> VisibleData {
        let members = Array(SessionMembers(data))
        let shown = members.filter { shows($0.name) }
        guard shown.count < members.count else { return VisibleData(json: data, omittedCount: 0) }
        // A session with a name that is no plain string is a tagged list of pairs.
        let isTagged = data.starts(with: Self.taggedOpening)
        let pairs = shown.map { member in
            isTagged
                ? [Self.bracket] + member.quotedName + [Self.comma] + member.value + [Self.closingBracket]
                : member.quotedName + [Self.colon] + member.value
        }
        let body = Array(pairs.joined(separator: [Self.comma]))
        let json = isTagged ? Self.taggedOpening + body + Array("]}".utf8) : Array("{".utf8) + body + Array("}".utf8)
        return VisibleData(json: json, omittedCount: members.count - shown.count)
    }

    private static let taggedOpening = Array(#"{"$py":"dict","v":["#.utf8)
    private static let bracket = UInt8(ascii: "[")
    private static let closingBracket = UInt8(ascii: "]")
    private static let comma = UInt8(ascii: ",")
    private static let colon = UInt8(ascii: ":")
}
