import Foundation

/// What is left of an event whose user was forgotten: its id, type and time, and the hash of what stood there, so that
/// the chain still fits.
enum ErasedEvent {
    /// Within a JSON string the quotes would be escaped.
    private static let marker = "\"erasedhash\":\""

    /// The hash of what stood there, 64 hexadecimal digits; nil for an event that was not erased.
    static func hash(in body: String) -> String? {
        body.withCString { start in
            guard let found = strstr(start, marker) else { return nil }
            return String(String(cString: found).dropFirst(marker.utf8.count).prefix(64))
        }
    }
}
