import SessiondClient

/// What a journal's events say of who is logged in, and where they break what is promised of them.
struct Presence {
    /// The user of every session whose login was told and not ended.
    private(set) var users: [String: String] = [:]
    /// Broken promises, in words.
    private(set) var faults: [String] = []
    private var loginIDs: [String: String] = [:]
    private var online: Set<String> = []
    private var lastID = ""
    private var linkState = "live"

    init(_ events: [SessiondEvent]) {
        for event in events { add(event) }
        expect(online == Set(users.values), "online are \(online.sorted()), logged in \(Set(users.values).sorted())")
    }

    private mutating func add(_ event: SessiondEvent) {
        expect(event.id > lastID, "the id \(event.id) follows \(lastID)")
        lastID = event.id
        let (session, user) = (event.subject ?? "", event.details.userID ?? "")
        switch event.type {
        case .login:
            expect(users[session] == nil, "\(event.id): a second login of \(session)")
            users[session] = user
            loginIDs[session] = event.id
        case .logout:
            expect(
                users[session] == user,
                "\(event.id): a logout of \(user), but \(session) is of \(users[session] ?? "nobody")")
            expect(loginIDs[session] == event.details.loginID, "\(event.id): a logout that names another login")
            users[session] = nil
            loginIDs[session] = nil
        case .userOnline:
            expect(online.insert(user).inserted, "\(event.id): \(user) is online already")
        case .userOffline:
            expect(online.remove(user) != nil, "\(event.id): \(user) is not online")
        case .link:
            expect(event.details.state != linkState, "\(event.id): the link is \(linkState) already")
            expect(
                (event.details.gapSeconds != nil) == (event.details.state == "live"), "\(event.id): the gap's length")
            linkState = event.details.state ?? ""
        default: break
        }
    }

    private mutating func expect(_ condition: Bool, _ fault: String) {
        if !condition { faults.append(fault) }
    }
}
