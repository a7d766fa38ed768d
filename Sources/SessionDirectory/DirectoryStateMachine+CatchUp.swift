package import SessionModel

/// Catching up: after a subscription, every key is read once under its epoch.
///
/// The scan brings what is there; what the table held and the scan did not bring is asked for key by key.
extension DirectoryStateMachine {
    /// The scan found these keys.
    package mutating func scanned(_ keys: [SessionKey], at now: Moment) {
        guard case .catchingUp(var catchUp) = phase else { return }
        for key in keys where !table.isRead(key, under: epoch) { request(key, in: &catchUp) }
        phase = .catchingUp(catchUp)
    }

    private mutating func request(_ key: SessionKey, in catchUp: inout LinkPhase.CatchUp) {
        guard fetches.request(key, .catchUp) else { return }
        catchUp.foundCount += 1
        catchUp.unreadCount += 1
    }

    /// About this share of the keys lies behind the scan; nil where the server does not tell.
    package mutating func scanAdvanced(toShare share: Double?) {
        guard case .catchingUp(var catchUp) = phase else { return }
        catchUp.scanShare = share
        phase = .catchingUp(catchUp)
    }

    /// How far catching up has come; nil where there is nothing to catch up with.
    package func progress(at now: Moment) -> LinkPhase.Progress? {
        guard case .catchingUp(let catchUp) = phase else { return nil }
        let readCount = catchUp.foundCount - catchUp.unreadCount
        // The scan runs ahead of the reading.
        let readShare = catchUp.foundCount == 0 ? 1 : Double(readCount) / Double(catchUp.foundCount)
        return LinkPhase.Progress(
            readCount: readCount, share: catchUp.scanShare.map { $0 * readShare },
            elapsedMilliseconds: now.uptime - epochOpened.uptime)
    }

    /// The scan begins, or begins anew since the connection that asked was lost.
    package mutating func scanStarted() {
        guard case .catchingUp(var catchUp) = phase else { return }
        catchUp.isScanned = false
        catchUp.scanShare = 0
        phase = .catchingUp(catchUp)
    }

    /// The scan came to its end.
    package mutating func scanEnded(at now: Moment, _ effects: inout DirectoryEffects) {
        guard case .catchingUp(var catchUp) = phase else { return }
        catchUp.isScanned = true
        catchUp.scanShare = 1
        phase = .catchingUp(catchUp)
        advanceCatchUp(at: now, &effects)
    }

    /// Something was read, or time has passed: there may be room for more, and what was passed over for want of it is found by
    /// reading everything anew.
    mutating func goOnCatchingUp(at now: Moment, _ effects: inout DirectoryEffects) {
        if fetches.isOverrun, fetches.hasRoom, isSubscribed {
            openEpoch(at: now, unannounced: unannouncedReason)
            effects.wantsScan = true
        }
        advanceCatchUp(at: now, &effects)
    }

    private mutating func advanceCatchUp(at now: Moment, _ effects: inout DirectoryEffects) {
        guard case .catchingUp(let catchUp) = phase, catchUp.isScanned else { return }
        if catchUp.areRemaindersAsked {
            askRemainders()
        } else if catchUp.unreadCount == 0 {
            // What the scan did not bring is most likely gone, but only its own reading proves it.
            let opened = EpochTag(epoch)
            remainders = table.keys(where: { record, _ in record.epoch != opened })
            askRemainders()
        }
        guard case .catchingUp(let catchUp) = phase, catchUp.areRemaindersAsked, catchUp.unreadCount == 0,
            remainders.isEmpty, !fetches.isOverrun
        else { return }
        if !wasLive, counts.isMostlyInvalid {
            phase = .distrusted
            effects.milestones.append(.distrusted(counts))
        } else {
            becomeLive(at: now, &effects)
        }
    }

    /// Asks for as much of what the scan did not bring as there is room for.
    private mutating func askRemainders() {
        guard case .catchingUp(var catchUp) = phase else { return }
        catchUp.areRemaindersAsked = true
        while fetches.hasRoom, let key = remainders.popLast() {
            // One that is gone, or was read meanwhile, is no remainder any more.
            guard table.place(of: key) != nil, !table.isRead(key, under: epoch) else { continue }
            request(key, in: &catchUp)
        }
        phase = .catchingUp(catchUp)
    }

    /// Distrust ends when most values verify, whether the bad ones were written again or went away.
    mutating func reconsiderTrust(at now: Moment, _ effects: inout DirectoryEffects) {
        if case .distrusted = phase, !counts.isMostlyInvalid { becomeLive(at: now, &effects) }
    }

    mutating func becomeLive(at now: Moment, _ effects: inout DirectoryEffects) {
        presence.caughtUp()
        presence.settleAccount(limit: Self.backlogPortion, at: now, into: &effects.events)
        if let gapMilliseconds {
            presence.linkChanged(to: .live, gapMilliseconds: gapMilliseconds, at: now.wall, into: &effects.events)
        }
        // Catching up once more without a gap is no news.
        if !wasLive || gapMilliseconds != nil {
            let users = table.userCount
            let fault = counts.unreadable > 0 ? reader.lastFault.map { "\($0)" } : nil
            let gap = wasLive ? gapMilliseconds : nil
            effects.milestones.append(.live(counts, users: users, gapMilliseconds: gap, fault: fault))
        }
        unseenSince = nil
        wasLive = true
        phase = .live
    }
}
