/// How old an answer may be; the contract's rules in numbers.
package struct Freshness: Sendable {
    /// A positive answer may come from the cache while the subscription was proven less than this ago. Milliseconds.
    package var stalenessMax: Int64
    /// While Redis cannot be asked, an answer may be up to this old and says so. Milliseconds; 0 for never.
    package var serveStale: Int64

    package init(stalenessMax: Int64 = 1000, serveStale: Int64 = 0) {
        self.stalenessMax = stalenessMax
        self.serveStale = serveStale
    }
}
