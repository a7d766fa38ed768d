import NIOCore
import RESP
import SessionModel

/// What is looked at with every PING of the asking connection: things that somebody may change while Redis goes on answering.
extension LinkCore {
    /// Ends a connection whose server no longer is what it was when it was made; the next one finds out what it is now.
    func inspect(by handler: RedisChannelHandler) {
        continueComparison(by: handler)
        var questions: [(command: [String], judge: (RESPValue) -> Void)] = [(["ROLE"], judgeRole)]
        if let notifications = hearing.notifications, [.verified, .missing].contains(notifications) {
            questions.append(
                (["CONFIG", "GET", NotificationFlags.parameter], { self.judgeFlags($0, were: notifications) }))
        }
        if hearing.isTracking { questions.append((["CLIENT", "TRACKINGINFO"], judgeTracking)) }
        handler.send(questions.map { $0.command.map { Array($0.utf8) } }) { result in
            guard case .success(let replies) = result else { return }
            for (question, reply) in zip(questions, replies) { question.judge(reply) }
        }
    }

    /// A replica may lag behind, and announces expiries as deletions.
    private func judgeRole(_ reply: RESPValue) {
        guard let failure = RedisFailure(role: reply) else { return }
        asking?.handler.close(failure)
        subscribing?.handler.close(failure)
    }

    /// Where flags were taken away, Redis falls silent while every PING is still answered; where they were set, only what is read
    /// under the new subscription can be believed.
    private func judgeFlags(_ reply: RESPValue, were notifications: NotificationAssurance) {
        guard let flags = NotificationFlags(reply: reply), hearing.notifications == notifications else { return }
        switch (notifications, flags.missing.isEmpty) {
        case (.missing, true): subscribing?.handler.close(.notificationsComplete)
        case (.verified, false): subscribing?.handler.close(.notificationsMissing)
        default: break
        }
    }

    /// Somebody may have killed what tracking is redirected to, without this link's knowledge.
    private func judgeTracking(_ reply: RESPValue) {
        guard hearing.isTracking, case .array(let parts) = reply, parts.count >= 2, case .array(let flags) = parts[1]
        else { return }
        let isBroken = flags.contains { flag in
            flag.bytes.map { $0.elementsEqual("off".utf8) || $0.elementsEqual("broken_redirect".utf8) } ?? false
        }
        if isBroken { asking?.handler.close(.trackingEnded) }
    }
}
