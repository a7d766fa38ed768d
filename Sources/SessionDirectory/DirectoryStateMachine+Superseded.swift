import SessionModel

/// Sessions that Django will most likely refuse, since the user's password changed.
extension DirectoryStateMachine {
    /// Marks those sessions of a user whose password hash is older than another's: most likely the password changed.
    ///
    /// Hashes are compared only where they are of one kind: of equal length and made under the same secret key.
    func markSuperseded(_ key: SessionKey, _ entry: SessionEntry, after old: SessionEntry?) {
        guard let login = entry.standing.login, login.password != old?.standing.login?.password else { return }
        let own = table.place(of: key)
        for other in table.newestSessions(of: login.userID, limit: TwinSearch.countMax) where other != own {
            guard let otherEntry = table.entry(at: other), let otherLogin = otherEntry.standing.login,
                otherLogin.password.isAsLong(as: login.password),
                otherEntry.form?.keyIndex == entry.form?.keyIndex, otherLogin.password != login.password,
                otherEntry.firstSeenAt != entry.firstSeenAt
            else { continue }
            if otherEntry.firstSeenAt > entry.firstSeenAt { return supersede(key) }
            if let otherKey = table.key(at: other) { supersede(otherKey) }
        }
    }

    private func supersede(_ key: SessionKey) {
        _ = table.update(key) { entry in
            guard case .authenticated(var login) = entry.standing else { return }
            login.isSuperseded = true
            entry.standing = .authenticated(login)
        }
    }
}
