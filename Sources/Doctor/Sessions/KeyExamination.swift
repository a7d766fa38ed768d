import SessionModel

/// Are there keys under the pattern, and are they those of sessions?
struct KeyExamination {
    let pattern: KeyPattern

    func findings(_ sample: SessionSample) -> [Finding] {
        let count = sample.entries.count
        var findings = [
            Finding(.ok, .keysFound, "\(Words.count(count, "key")) under \(pattern) (\(sample.extent))")
        ]
        if let finding = innerPrefix(sample) { findings.append(finding) }
        let foreign = sample.foreignCount + sample.entries.count { $0.value.content == .otherType }
        if foreign > 0 {
            findings.append(
                Finding(
                    .warning, .keysForeign, "\(Words.count(foreign, "key")) under \(pattern) can be no session",
                    why:
                        "it is a hash, a list or the like, or its name is none of a session; sessiond passes over it, and reads it with every scan",
                    mend: [
                        "give the sessions a prefix of their own, or a database, in Django's settings and in --key-pattern or --redis-url"
                    ]))
        }
        return findings
    }

    /// Keys that were written with another prefix behind this one are taken for sessions that no cookie names.
    private func innerPrefix(_ sample: SessionSample) -> Finding? {
        let groups = LikelyPrefix.counts(in: sample.entries.map(\.key.bytes)).filter { !$0.prefix.bytes.isEmpty }
        guard let most = groups.first, most.names.count * 2 > sample.entries.count else { return nil }
        let whole = KeyPattern(pattern.description.replacing(KeyPattern.placeholder, with: most.prefix.pattern))
        return Finding(
            .error, .keysWithInnerPrefix,
            "\(most.names.count) of them begin with \(most.prefix.text) behind what stands in the pattern",
            why: "the cookie holds what follows that, so that sessiond finds nobody's session: everybody is `unknown`",
            mend: whole.map { [PatternOption.text(of: $0.description)] } ?? [])
    }
}

/// How an option is written.
enum PatternOption {
    static func text(of pattern: String) -> String { ShellText.line(["--key-pattern", pattern]) }
}

/// Numbers in words.
enum Words {
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
