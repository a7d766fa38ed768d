import JSONRPC
import SessionModel

/// The limits as `server.info` tells them.
enum LimitsText {
    static func write(_ limits: Limits, to json: inout JSONWriter) {
        json.beginObject()
        json.member("request_bytes_max", limits.requestBytesMax)
        json.member("answer_bytes_max", limits.answerBytesMax)
        json.member("session_key_bytes_max", SessionKey.byteCountMax)
        json.member("page_count_max", limits.pageCountMax)
        json.member("subscriptions_per_connection_max", limits.subscriptionsPerConnectionMax)
        json.member("subscriptions_per_uid_max", limits.subscriptionsPerUIDMax)
        json.member("json_depth_max", limits.jsonDepthMax)
        json.member("batch_count_max", limits.batchCountMax)
        json.member("requests_in_flight_max", limits.requestsInFlightMax)
        json.member("requests_in_flight_per_uid_max", limits.requestsInFlightPerUIDMax)
        json.member("connections_max", limits.connectionsMax)
        json.member("connections_per_uid_max", limits.connectionsPerUIDMax)
        json.member("unread_bytes_max", limits.unreadBytesMax)
        json.member("unread_bytes_per_uid_max", limits.unreadBytesPerUIDMax)
        seconds("unread_seconds_max", limits.unreadMilliseconds, &json)
        seconds("unfinished_line_seconds_max", limits.unfinishedLineMilliseconds, &json)
        seconds("idle_seconds_max", limits.idleMilliseconds, &json)
        json.endObject()
    }

    /// Null where there is no limit.
    private static func seconds(_ name: StaticString, _ milliseconds: Int64, _ json: inout JSONWriter) {
        json.key(name)
        switch milliseconds {
        case ...0: json.null()
        case let whole where whole % 1000 == 0: json.int(Int(whole / 1000))
        default: json.double(Double(milliseconds) / 1000)
        }
    }
}
