import SessionModel
import Testing

@testable import Doctor

@Suite struct FindingTests {
    @Test("A finding is an object, also where it has nothing to mend")
    func json() {
        func text(_ finding: Finding) -> String {
            var json = JSONWriter()
            finding.write(to: &json)
            return String(decoding: json.bytes, as: UTF8.self)
        }
        #expect(
            text(Finding(.ok, .roleMaster, "a \"master\""))
                == #"{"id":"role.master","level":"ok","subject":"role","what":"a \"master\"","why":null,"mend":[]}"#)
        #expect(
            text(Finding(.error, .keysElsewhere, "x", why: "y", mend: ["a", "b"]))
                == #"{"id":"keys.elsewhere","level":"error","subject":"keys","what":"x","why":"y","mend":["a","b"]}"#)
    }

    @Test("Levels are ordered by how grave they are")
    func levels() {
        #expect(Finding.Level.allCases.sorted() == [.ok, .note, .warning, .error])
    }

    @Test("Keys that are tried are nobody's, and as long as Django's")
    func probeKeys() {
        #expect(Set(ProbeKeys.all).count == ProbeKeys.count)
        for key in ProbeKeys.all {
            #expect(key.bytes.count == 32)
            #expect(LikelyPrefix(of: key.bytes) == nil)
        }
        #expect(KeyPattern.default.sessionKey(of: ProbeKeys.foreign[...]) == nil)
    }
}
