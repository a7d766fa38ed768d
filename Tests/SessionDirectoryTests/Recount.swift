@testable import SessionDirectory

extension DirectoryStateMachine {
    /// Where the figures that are kept differ from a count of the table.
    var miscounts: [String] {
        var sessions = SessionCounts()
        var forms = StoredForms()
        for key in table.keys(where: { _ in true }) {
            guard let entry = table.entry(of: key) else { continue }
            sessions.add(entry.standing)
            forms.change(from: nil, to: entry.form)
        }
        return (figures.sessions == sessions ? [] : ["counted \(figures.sessions), the table holds \(sessions)"])
            + (figures.storedForms == forms ? [] : ["counted \(figures.storedForms), the table holds \(forms)"])
    }
}
