import SessionModel

/// Sessions that Django will most likely refuse, since the user's password changed.
extension DirectoryStateMachine {
    /// Marks those sessions of a user whose password hash is older than another's: most likely the password changed.
    ///
    /// Hashes are compared only where they are of one kind: of equal length and made under the same secret key.
    func markSuperseded(_ key: SessionKey, _ entry: SessionEntry, after old: SessionEntry?) {
        guard let login = entry.standing.login, login.passwordHash != old?.standing.login?.passwordHash else { return }
        for other in presence.live.newestKeys(of: login.userID, limit: TwinSearch.countMax) where other != key {
            guard let otherEntry = table.entry(of: other), let otherLogin = otherEntry.standing.login,
                otherLogin.passwordHash.count == login.passwordHash.count,
                otherEntry.form?.keyIndex == entry.form?.keyIndex, otherLogin.passwordHash != login.passwordHash,
                otherEntry.firstSeenAt != entry.firstSeenAt
            else { continue }
            supersede(otherEntry.firstSeenAt < entry.firstSeenAt ? other : key)
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
