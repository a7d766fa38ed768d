import NIOCore
import RESP
import SessionModel

/// The slow scan by which memory is compared with Redis: one page with every PING of the asking connection, so that its share of
/// Redis is small and known.
struct ComparisonScan {
    private(set) var state = State.waiting(since: .now())

    enum State {
        case waiting(since: NIODeadline)
        /// The next page begins here.
        case at(cursor: [UInt8])
        case asked
    }

    mutating func begin() { state = .at(cursor: Array("0".utf8)) }
    mutating func asked() { state = .asked }
    mutating func goOn(from cursor: [UInt8]) { state = .at(cursor: cursor) }
    mutating func end() { state = .waiting(since: .now()) }
}

extension LinkCore {
    /// Takes the next step, if it is time. Scans only while there is a subscription and nothing else is being scanned.
    func continueComparison(by handler: RedisChannelHandler) {
        guard settings.comparisonInterval > .zero, subscribing != nil, !isScanning else { return comparison.end() }
        switch comparison.state {
        case .asked: return
        case .waiting(let since):
            guard .now() - since >= settings.comparisonInterval else { return }
            comparison.begin()
            consumer.comparisonStarted()
            askComparisonPage(from: Array("0".utf8), by: handler)
        case .at(let cursor):
            guard consumer.takesKeys else { return }
            askComparisonPage(from: cursor, by: handler)
        }
    }

    private func askComparisonPage(from cursor: [UInt8], by handler: RedisChannelHandler) {
        comparison.asked()
        handler.send([scanCommand(from: cursor)]) { [unowned self] result in
            // Whatever ended this scan, another one begins after the interval.
            guard case .success(let replies) = result, case .asked = comparison.state, !isScanning,
                let page = ScanPage(replies.first)
            else { return comparison.end() }
            give(page, to: consumer.comparisonFound)
            if page.isLast {
                comparison.end()
                consumer.comparisonEnded()
            } else {
                comparison.goOn(from: page.cursor)
            }
        }
    }
}
