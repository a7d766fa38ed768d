/// Which Python can read a pickle, and which one wrote it.
///
/// A `str` of Python 2 is bytes (STRING, BINSTRING, SHORT_BINSTRING), which Python 3 reads as ASCII or refuses
/// (`pickle.loads` with its default `encoding`). Python 2 knows no opcode after protocol 2.
struct PythonEvidence {
    private var mayBeTwo: Bool
    private var mayBeThree: Bool
    private var hasString = false
    private var firstMemo: Int?

    /// - Parameter candidates: the Pythons that the rules allow.
    init(candidates: Set<DjangoRules.Python>) {
        mayBeTwo = candidates.contains(.two)
        mayBeThree = candidates.contains(.three)
    }

    /// Notes what only the other Python reads. False when no Python is left.
    mutating func exclude(_ python: DjangoRules.Python) -> Bool {
        switch python {
        case .two: mayBeTwo = false
        case .three: mayBeThree = false
        }
        return mayBeTwo || mayBeThree
    }

    /// Notes a string of Python 2.
    mutating func noteString() { hasString = true }

    /// Notes an index that is put into the memo.
    mutating func noteMemo(_ index: Int) {
        if firstMemo == nil { firstMemo = index }
    }

    /// Whether Python 2 wrote the pickle, as far as can be told: Python 3 writes no such strings, and its memo begins with 0,
    /// that of Python 2's cPickle with 1.
    var isOfPython2: Bool {
        mayBeTwo && (!mayBeThree || hasString || firstMemo == 1)
    }
}
