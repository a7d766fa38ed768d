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
        /// Keys that the scan did not bring were asked for one by one.
        var areRemaindersAsked = false
        /// Keys of the catching up that were not read yet.
        var unreadCount = 0
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
