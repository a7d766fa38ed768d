/// How many sessions of the table are stored in which form.
///
/// Kept up with every change, so that nobody who asks has to wait for a walk over a million entries: there are only as
/// many forms as hours in which sessions were signed, times the few ways to store them.
package struct StoredForms: Sendable, Equatable {
    private(set) var counts: [StoredForm: Int] = [:]

    /// A session that was stored in one form is in another one now; nil stands for none, before it came and after it went.
    mutating func change(from old: StoredForm?, to new: StoredForm?) {
        guard old != new else { return }
        if let old { add(-1, to: old) }
        if let new { add(1, to: new) }
    }

    /// All sessions of a form are in another one now; nil where that is in none.
    mutating func move(_ moved: (StoredForm) -> StoredForm?) {
        let before = counts
        counts = [:]
        for (form, count) in before { moved(form).map { add(count, to: $0) } }
    }

    private mutating func add(_ difference: Int, to form: StoredForm) {
        let count = counts[form, default: 0] + difference
        counts[form] = count == 0 ? nil : count
    }
}
