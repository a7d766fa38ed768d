import Foundation
import JSONRPC

/// What holds for the params of a request: each reader gives what Foundation gives, or refuses.
enum ParamChecks {
    /// - Parameter refused: gets every refusal.
    static func check(_ params: Params, as seen: Any?, refused: (RPCError) -> Void) {
        let members = seen as? [String: Any]
        do throws(RPCError) {
            let named = try params.named("session_key", "user_id", "confirm", "limit", "subscription", "types", "after")
            if let members {
                precondition(
                    named.has("limit") == (members["limit"] != nil), "what is there is there for every reader")
            }
            read(refused) { () throws(RPCError) in
                let key = try named.string("session_key")
                if let members { precondition(isSame(key, members["session_key"])) }
            }
            read(refused) { () throws(RPCError) in
                let user = try named.optionalString("user_id")
                if let members, let user { precondition(isSame(user, members["user_id"])) }
            }
            read(refused) { () throws(RPCError) in
                let confirms = try named.optionalBool("confirm")
                if let members { precondition(confirms == members["confirm"] as? Bool) }
            }
            read(refused) { () throws(RPCError) in
                let limit = try named.optionalInteger("limit", in: 1...1000)
                if let members {
                    precondition(limit.map(Double.init) == (members["limit"] as? NSNumber)?.doubleValue)
                }
            }
            read(refused) { () throws(RPCError) in _ = try named.integer("subscription", in: 1...Int.max) }
            read(refused) { () throws(RPCError) in
                let types = try named.optionalStrings("types")
                if let members, let types { precondition(types.count == (members["types"] as? [Any])?.count) }
            }
        } catch {
            refused(error)
        }
    }

    private static func read(_ refused: (RPCError) -> Void, _ body: () throws(RPCError) -> Void) {
        do throws(RPCError) { try body() } catch { refused(error) }
    }

    private static func isSame(_ string: JSONString, _ seen: Any?) -> Bool {
        guard string.isUnicode, let text = seen as? String else { return false }
        return Array(text.utf8) == Array(string.utf8)
    }
}
