import SessionModel

/// Do values verify, with which key, and who wrote them?
struct ValueExamination {
    /// 0 where nothing vouches for values.
    let keyCount: Int
    let isOfCache: Bool

    func findings(_ counts: ValueCounts) -> [Finding] {
        guard counts.totalCount > 0 else { return [] }
        if let finding = encoding(counts) { return [finding] }
        var findings = keyCount > 0 ? verification(counts) : [unverified(counts)]
        if let finding = unreadable(counts) { findings.append(finding) }
        findings += WrittenForms.findings(counts.forms)
        return findings
    }

    // MARK: Keys

    private func verification(_ counts: ValueCounts) -> [Finding] {
        let total = counts.totalCount
        guard counts.invalidCount <= counts.sessionCount || counts.invalidCount == 0 else { return [wrongKey(counts)] }
        var findings: [Finding] = []
        if counts.sessionCount > 0 {
            findings.append(
                Finding(
                    .ok, .valuesVerified,
                    "\(counts.sessionCount) of \(Words.count(total, "value")) verify: \(byKey(counts)); \(counts.loggedInCount) logged in, "
                        + "\(counts.anonymousCount) anonymous"))
        }
        if counts.invalidCount > 0 {
            findings.append(
                Finding(
                    .warning, .valuesOldKey,
                    "\(counts.invalidCount) of \(Words.count(total, "value")) fit none of your \(Words.count(keyCount, "key"))",
                    why: "they are answered as `invalid`: forged, or signed with a SECRET_KEY that Django has no more",
                    mend: [
                        "write the key that signed them as a further line of --secret-key-file, if Django's SECRET_KEY_FALLBACKS has it"
                    ]))
        }
        if let finding = fallbacks(counts) { findings.append(finding) }
        return findings
    }

    private func byKey(_ counts: ValueCounts) -> String {
        (0..<keyCount).map { "\(counts.byKey[$0] ?? 0) with \(Self.name(of: $0))" }.joined(separator: ", ")
    }

    private static func name(of key: Int) -> String { key == 0 ? "SECRET_KEY" : "fallback \(key)" }

    private func wrongKey(_ counts: ValueCounts) -> Finding {
        let fitting = counts.sessionCount
        return Finding(
            .error, .valuesWrongKey,
            "\(fitting) of \(Words.count(counts.totalCount, "value")) fit\(fitting == 1 ? "s" : "") any of your \(Words.count(keyCount, "key")): "
                + "the secret key is not the one that Django signs with, or its SessionStore class has a name of its own",
            why: "where most sessions fail their signature, `sessiond serve` does not become ready",
            mend: [
                "(umask 077; python manage.py shell -v 0 -c 'from django.conf import settings; print(settings.SECRET_KEY)' > secret_key)    # then --secret-key-file secret_key",
                "python manage.py shell -v 0 -c 'from importlib import import_module as i; from django.conf import settings as s; "
                    + "print(getattr(i(s.SESSION_ENGINE).SessionStore(), \"key_salt\", \"\"))'    # if not django.contrib.sessions.SessionStore: --salt",
            ])
    }

    private func fallbacks(_ counts: ValueCounts) -> Finding? {
        guard keyCount > 1, counts.sessionCount > 0 else { return nil }
        if counts.byKey[0] == nil {
            return Finding(
                .note, .valuesFallback, "no value of these is signed with SECRET_KEY, the first line of the key file",
                why:
                    "right for a moment after SECRET_KEY was changed; else Django signs with another one, and the lines stand in a wrong order",
                mend: [
                    "write Django's SECRET_KEY as the first line of --secret-key-file, its SECRET_KEY_FALLBACKS behind it"
                ])
        }
        let unused = (1..<keyCount).filter { counts.byKey[$0] == nil }
        guard !unused.isEmpty else { return nil }
        return Finding(
            .note, .valuesFallback,
            "no value of these is signed with \(unused.map(Self.name).joined(separator: ", "))",
            why: "an old key that is not needed any more is one more that can leak",
            mend: [
                "sessiond status    # counts all sessions by key; where none is on an old one, delete its line, here and in Django"
            ])
    }

    private func unverified(_ counts: ValueCounts) -> Finding {
        let what =
            "\(counts.sessionCount) of \(Words.count(counts.totalCount, "value")) can be read: "
            + "\(counts.loggedInCount) logged in, \(counts.anonymousCount) anonymous; no key vouches for them"
        return isOfCache
            ? Finding(
                .note, .valuesUnverified, what + ", as always in a cache",
                why: "whoever can write to this Redis can be anybody, in Django as here",
                mend: ["let only Django write there: a password, ACLs, a network of its own"])
            : Finding(
                .warning, .valuesUnverified, what,
                why: "whoever can write to this Redis can be anybody, here even where Django would notice",
                mend: ["--secret-key-file FILE, with Django's SECRET_KEY in it, and no --no-verify"])
    }

    // MARK: What cannot be read

    private func encoding(_ counts: ValueCounts) -> Finding? {
        let (count, option, what) =
            isOfCache
            ? (
                counts.signedValueCount, "--encoding signed",
                "signed sessions, where --encoding cache expects those of a cache"
            )
            : (
                counts.cacheValueCount, "--encoding cache",
                "sessions of a cache, where --encoding signed expects signed ones"
            )
        guard count * 2 > counts.totalCount else { return nil }
        return Finding(
            .error, .valuesEncoding, "\(count) of \(Words.count(counts.totalCount, "value")) are \(what)",
            why: "none of them can be read: everybody is `unreadable`, and nobody is let in",
            mend: isOfCache ? [option + ", with --secret-key-file"] : [option])
    }

    private func unreadable(_ counts: ValueCounts) -> Finding? {
        guard let most = counts.unreadable.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return nil }
        return Finding(
            counts.sessionCount == 0 ? .error : .warning, .valuesUnreadable,
            "\(counts.unreadableCount) of \(Words.count(counts.totalCount, "value")) cannot be decoded; \(most.value) of them: \(most.key)",
            why: "they are answered as `unreadable`, and let nobody in",
            mend: [
                "leave out --django, --serializer, --compressor and --salt, unless you know that they are right",
                "a value by itself: redis-cli --raw GET KEY | head -c -1 | sessiond decode --secret-key-file FILE",
            ])
    }
}
