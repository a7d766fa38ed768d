import Synchronization

/// What a peer may see of a decoded session.
package struct VisibleData: Sendable, Equatable {
    /// One JSON object in UTF-8.
    package var json: [UInt8]
    /// How many top-level members were left out.
    package var omittedCount: Int

    package init(json: [UInt8], omittedCount: Int) {
        self.json = json
        self.omittedCount = omittedCount
    }
}

/// A session's decoded data, with the view of it that somebody has.
///
/// It is rendered when it is first looked at, by the loop that writes it: the one that found it has others to serve. All who see
/// the same share it.
package final class SessionData: Sendable {
    package let view: DataView
    private let state: Mutex<State>

    private enum State: Sendable {
        case whole([UInt8], render: @Sendable ([UInt8], DataView) -> VisibleData)
        case rendered(VisibleData)
    }

    /// - Parameters:
    ///   - json: the whole session.
    ///   - render: leaves out what the view does not show.
    package init(
        _ json: [UInt8], seenBy view: DataView, render: @escaping @Sendable ([UInt8], DataView) -> VisibleData
    ) {
        self.view = view
        state = Mutex(.whole(json, render: render))
    }

    /// What the view shows. To be asked for where it may take its time.
    package var visible: VisibleData {
        state.withLock { state in
            switch state {
            case .rendered(let visible): return visible
            case .whole(let json, let render):
                let visible = render(json, view)
                state = .rendered(visible)
                return visible
            }
        }
    }
}

/// Which members of the session data a peer may see.
package struct DataView: Sendable, Equatable {
    /// Names of top-level members that are left out.
    private let hidden: Set<String>
    /// The only ones that are shown; nil for all that are not hidden.
    private let exposed: Set<String>?

    private init(hidden: Set<String>, exposed: Set<String>? = nil) {
        self.hidden = hidden
        self.exposed = exposed
    }

    package func shows(_ name: String) -> Bool {
        !hidden.contains(name) && exposed?.contains(name) ?? true
    }

    /// What is shown to nobody: the password hash and Django's CSRF token are credentials.
    package static let credentials: Set<String> = ["_auth_user_hash", "_csrftoken"]

    /// Leaves out the credentials, and the messages that wait for the user's own eyes.
    package static let standard = DataView(hidden: credentials.union(["_messages"]))

    /// Shows these members alone, and no credentials among them.
    package static func exposing(_ names: Set<String>) -> DataView {
        DataView(hidden: credentials, exposed: names)
    }
}
