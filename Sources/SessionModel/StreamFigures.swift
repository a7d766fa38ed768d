/// What `server.status` tells of publishing events to a Redis Stream.
package struct StreamFigures: Sendable {
    /// The stream's key.
    package var stream: String
    /// `publishing`, `standby` or `away`.
    package var standing: String
    /// How far the journal is published; nil where this daemon has not published yet.
    package var position: EventID?
    package var lastFailure: String?

    package init(stream: String, standing: String, position: EventID?, lastFailure: String?) {
        self.stream = stream
        self.standing = standing
        self.position = position
        self.lastFailure = lastFailure
    }
}
