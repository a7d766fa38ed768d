import Doctor
import Testing

@testable import sessiond

@Suite struct CheckReportTests {
    private func report(_ levels: Finding.Level...) -> CheckReport {
        var report = CheckReport(printsAtOnce: false)
        for level in levels { report.add(Finding(level, .roleMaster, "what")) }
        return report
    }

    @Test("Errors alone are worth a status, warnings where it is asked for, and no Redis has its own")
    func status() {
        #expect(report(.ok, .note, .warning).exitStatus(isStrict: false) == 0)
        #expect(report(.ok, .note, .warning).exitStatus(isStrict: true) == 1)
        #expect(report(.ok, .note).exitStatus(isStrict: true) == 0)
        #expect(report(.error).exitStatus(isStrict: false) == 1)
        var away = report(.error)
        away.isExamined = false
        #expect(away.exitStatus(isStrict: false) == 2)
    }

    @Test("The last line counts what is wrong")
    func summary() {
        #expect(report(.ok).summary == "nothing is wrong")
        #expect(report(.note, .error, .error, .warning).summary == "2 errors, 1 warning, 1 note")
    }

    @Test("A finding is shown with why and with what mends it; colour is for the level alone")
    func lines() {
        let finding = Finding(.warning, .keysForeign, "odd\u{1B}[31m", why: "because", mend: ["do this"])
        #expect(
            CheckReport.lines(of: finding, isColoured: false)
                == ["warning  keys: odd\\u{1b}[31m", "         because", "             do this"])
        #expect(
            CheckReport.lines(of: finding, isColoured: true).first == "\u{1B}[33mwarning \u{1B}[0m keys: odd\\u{1b}[31m"
        )
    }

    @Test("JSON says whether all is well, and what is not known is null")
    func json() {
        var report = report(.error)
        report.isExamined = false
        #expect(
            String(decoding: report.json, as: UTF8.self)
                == #"{"ok":false,"examined":false,"redis":null,"key_pattern":null,"findings":["#
                + #"{"id":"role.master","level":"error","subject":"role","what":"what","why":null,"mend":[]}]}"#)
    }
}
