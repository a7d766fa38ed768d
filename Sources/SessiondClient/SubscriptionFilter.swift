/// Which events a subscription gets. All that is set must fit; events of the link pass all but `types`.
public struct SubscriptionFilter: Hashable, Sendable {
    /// Only these types; nil for all but `renewed` and `changed`, which are frequent and have to be named.
    public var types: [SessiondEvent.TypeName]?
    /// Only this user.
    public var userID: String?
    /// Only this session, also after its key was changed.
    public var session: Session?

    /// A session to follow.
    public enum Session: Hashable, Sendable {
        /// The session of this key: for this the right `identify` is enough.
        case key(String)
        /// The session of this fingerprint.
        case fingerprint(String)
    }

    /// Everything, but for `renewed` and `changed`.
    public static let all = SubscriptionFilter()

    /// A filter of these conditions.
    public init(types: [SessiondEvent.TypeName]? = nil, userID: String? = nil, session: Session? = nil) {
        self.types = types
        self.userID = userID
        self.session = session
    }
}
