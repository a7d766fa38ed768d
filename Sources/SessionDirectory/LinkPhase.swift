/// How much of Redis the directory has seen since the subscription stands.
package enum LinkPhase: Sendable {
    /// There is no subscription: changes go unseen.
    case down
    /// Subscribed; the scan or the reading of what it found is under way.
    case catchingUp(CatchUp)
    /// Everything was read at least once and every change is announced.
    case live
    /// As ``live``, but most values fail their signature: a wrong secret key.
    case distrusted

    /// The progress of catching up.
    package struct CatchUp: Sendable {
        var isScanned = false
        /// About which share of the keys the scan has come past, from 0 to 1; nil where the server does not tell.
        var scanShare: Double? = 0
        /// Keys that the scan did not bring were asked for one by one.
        var areRemaindersAsked = false
        /// Keys that were to be read until now.
        var foundCount = 0
        /// Those of them that were not read yet.
        var unreadCount = 0
    }

    /// How far catching up has come, for whoever waits for it.
    package struct Progress: Sendable, Equatable {
        /// Keys that were read.
        package var readCount: Int
        /// About which share of all that is to be read that is, from 0 to 1; nil where the server does not tell.
        package var share: Double?
        /// Since it began.
        package var elapsedMilliseconds: Int64

        package init(readCount: Int, share: Double?, elapsedMilliseconds: Int64) {
            self.readCount = readCount
            self.share = share
            self.elapsedMilliseconds = elapsedMilliseconds
        }
    }

    /// The phase as `server.status` names it.
    package enum Name: String, Sendable {
        case connecting
        case backingOff = "backing_off"
        case scanning
        case live
        case distrusted
    }
}
