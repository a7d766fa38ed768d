import Logging
import SessionModel

/// Log lines on standard error, as text for people or as JSON for collectors.
struct StandardErrorLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let format: DaemonConfiguration.LogFormat

    init(format: DaemonConfiguration.LogFormat, level: Logger.Level) {
        self.format = format
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let time = Timestamp.milliseconds(SystemClock.now().wall)
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let line =
            switch format {
            case .text: Self.text(time, event.level, "\(event.message)", all)
            case .json: Self.json(time, event.level, "\(event.message)", all)
            }
        StandardError.write(line)
    }

    private static func text(
        _ time: String, _ level: Logger.Level, _ message: String,
        _ metadata: [(key: String, value: Logger.MetadataValue)]
    ) -> [UInt8] {
        let details = metadata.map { " \($0.key)=\($0.value)" }.joined()
        return Array("\(time) \(level): \(message)\(details)\n".utf8)
    }

    private static func json(
        _ time: String, _ level: Logger.Level, _ message: String,
        _ metadata: [(key: String, value: Logger.MetadataValue)]
    ) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("time", time)
        json.member("level", level.rawValue)
        json.member("message", message)
        for (key, value) in metadata {
            json.key(escaping: key)
            json.string("\(value)")
        }
        json.endObject()
        return json.bytes + [0x0A]
    }
}
