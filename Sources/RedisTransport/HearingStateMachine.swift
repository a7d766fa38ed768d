import SessionModel

/// Decides when the link hears of every change, and by what: keyspace notifications, CLIENT TRACKING, or both.
///
/// ```
///   subscribed ──▶ notifications verified ───────────────▶ established (keyspace)      ┐ tracking, where the server
///              └─▶ not verified ──tracking asked for──┬──▶ established (tracking)      ┘ has it, also tells of flushes
///                                                     └──▶ established (none)
/// ```
/// Keyspace notifications need the subscribing connection alone. Tracking is turned on by the asking connection, whose end
/// ends it, and redirected to the subscribing one.
struct HearingStateMachine {
    private var subscription: Subscription?
    private var isAsking = false
    private var tracking = Tracking.off
    /// Whether the consumer was told that a subscription stands.
    private(set) var isEstablished = false

    private struct Subscription {
        var notifications: NotificationAssurance
        /// Where tracking is redirected to; nil where it is not wanted or not possible.
        var clientID: Int64?
    }

    private enum Tracking {
        case off, askedFor, on, refused
    }

    /// What the driver is to do, in this order.
    enum Action: Equatable {
        /// Turn CLIENT TRACKING on by the asking connection, redirected to this client.
        case startTracking(redirect: Int64)
        /// Tell the consumer that a subscription stands, and scan.
        case establish(Hearing)
        /// Tell the consumer that tracking began or ended.
        case changeTracking(isOn: Bool)
        /// Tell the consumer that changes go unseen.
        case lose
    }

    /// By what the cache is believed now.
    var source: InvalidationSource {
        guard isEstablished, let subscription else { return .none }
        return Hearing(subscription.notifications, isTracking: tracking == .on).source
    }

    var isTracking: Bool { tracking == .on }
    /// What is known of the notifications; nil without a subscription.
    var notifications: NotificationAssurance? { subscription?.notifications }

    // MARK: Events

    /// The subscribing connection listens.
    mutating func subscribed(_ notifications: NotificationAssurance, clientID: Int64?) -> [Action] {
        subscription = Subscription(notifications: notifications, clientID: clientID)
        tracking = .off
        isEstablished = false
        return proceed()
    }

    mutating func askingEstablished() -> [Action] {
        isAsking = true
        return proceed()
    }

    /// The server has answered to `startTracking`.
    mutating func trackingAnswered(_ redirect: Int64, isOn: Bool) -> [Action] {
        // An answer about an earlier subscription says nothing of this one.
        guard let subscription, tracking == .askedFor, redirect == subscription.clientID else { return [] }
        tracking = isOn ? .on : .refused
        guard isEstablished else {
            isEstablished = true
            return [.establish(Hearing(subscription.notifications, isTracking: isOn))]
        }
        return isOn ? [.changeTracking(isOn: true)] : []
    }

    mutating func askingLost() -> [Action] {
        isAsking = false
        let wasTracking = isTracking
        tracking = .off
        guard wasTracking, isEstablished, let subscription else { return [] }
        if subscription.notifications == .verified { return [.changeTracking(isOn: false)] }
        isEstablished = false
        return [.lose]
    }

    mutating func subscribingLost() {
        subscription = nil
        tracking = .off
        isEstablished = false
    }

    private mutating func proceed() -> [Action] {
        guard let subscription else { return [] }
        var actions: [Action] = []
        if !isEstablished, subscription.notifications == .verified || subscription.clientID == nil {
            isEstablished = true
            actions.append(.establish(Hearing(subscription.notifications)))
        }
        if isAsking, tracking == .off, let clientID = subscription.clientID {
            tracking = .askedFor
            actions.append(.startTracking(redirect: clientID))
        }
        return actions
    }
}
