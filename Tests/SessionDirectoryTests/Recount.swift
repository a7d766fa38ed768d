@testable import SessionDirectory

extension DirectoryStateMachine {
    /// Where the figures that are kept differ from a count of the table.
    var miscounts: [String] {
        var sessions = SessionCounts()
        var forms = StoredForms()
        var dataBytes = 0
        for key in table.keys(where: { _, _ in true }) {
            guard let entry = table.entry(of: key) else { continue }
            sessions.add(entry.standing)
            forms.change(from: nil, to: entry.form)
            dataBytes += entry.data?.count ?? 0
        }
        return (figures.sessions == sessions ? [] : ["counted \(figures.sessions), the table holds \(sessions)"])
            + (figures.storedForms == forms ? [] : ["counted \(figures.storedForms), the table holds \(forms)"])
            + (figures.dataBytes == dataBytes
                ? [] : ["counted \(figures.dataBytes) bytes, the table holds \(dataBytes)"])
    }
}
