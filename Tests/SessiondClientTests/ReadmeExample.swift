import SessiondClient

/// The lines of `README.md`, to see that they compile with what is public: `Tests/Documentation` compares the two.
func readmeExample() async throws {
    let connection = try await SessiondConnection.connect()
    let userID = try await connection.identity(of: "the sessionid cookie").userID

    // Connects again by itself, and goes on where it was.
    for try await step in EventFollower() {
        if case .update(.event(let event)) = step { print(event.type.rawValue, event.details.userID ?? "") }
    }
    _ = userID
}
