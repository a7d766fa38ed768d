import DjangoSession
package import SessionModel

/// How the sessions of the table are stored, for `server.status`. Names are those of `DjangoSession`.
package struct StoredFigures: Sendable, Equatable {
    /// The sessions of one secret key.
    package struct Key: Sendable, Equatable {
        package var sessionCount = 0
        /// The hour of the newest signature, in milliseconds since 1970; nil where no value says when it was signed.
        package var lastSignedAt: Int64?
    }

    /// How long ago values were signed, in whole hours.
    package struct Ages: Sendable, Equatable {
        /// The hour of the oldest signature, in milliseconds since 1970; nil where no value says when it was signed.
        package var oldest: Int64?
        package var withinDay = 0
        /// Those of the day among them.
        package var withinWeek = 0
        /// Those of the week among them; a month is 30 days.
        package var withinMonth = 0
        package var older = 0
        /// Values that do not say when they were signed.
        package var unknown = 0
    }

    /// Every secret key's, in the order of the settings, also where no session is signed with it; empty without verification.
    package var keys: [Key]
    package var layouts: [String: Int] = [:]
    package var serializers: [String: Int] = [:]
    package var compressions: [String: Int] = [:]
    package var ages = Ages()
}

extension StoredForms {
    /// - Parameter keyCount: how many secret keys there are.
    package func figures(keyCount: Int, at now: Moment) -> StoredFigures {
        var figures = StoredFigures(keys: Array(repeating: .init(), count: keyCount))
        for (form, count) in counts {
            figures.layouts[form.layout.rawValue, default: 0] += count
            figures.serializers[form.serializer.rawValue, default: 0] += count
            figures.compressions[form.compression.rawValue, default: 0] += count
            figures.ages.add(form, count, at: now)
            if let index = form.keyIndex.map(Int.init), index < keyCount { figures.keys[index].add(form, count) }
        }
        return figures
    }
}

extension StoredFigures.Key {
    fileprivate mutating func add(_ form: StoredForm, _ count: Int) {
        sessionCount += count
        guard let signedAt = form.signedAt else { return }
        lastSignedAt = max(lastSignedAt ?? signedAt, signedAt)
    }
}

extension StoredFigures.Ages {
    fileprivate mutating func add(_ form: StoredForm, _ count: Int, at now: Moment) {
        guard let hour = form.signedHour, let signedAt = form.signedAt else {
            unknown += count
            return
        }
        oldest = min(oldest ?? signedAt, signedAt)
        let hours = StoredForm.hour(of: now.wall) - Int64(hour)
        if hours < 24 { withinDay += count }
        if hours < 7 * 24 { withinWeek += count }
        if hours < 30 * 24 { withinMonth += count } else { older += count }
    }
}

extension StoredForm {
    /// The beginning of the hour of signing, in milliseconds since 1970.
    fileprivate var signedAt: Int64? { signedHour.map { Int64($0) * 3_600_000 } }
}
