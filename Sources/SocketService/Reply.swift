import JSONRPC

/// Where the answer to one request goes.
enum ReplyAddress {
    /// A line of its own.
    case line(RawID)
    /// A place in a batch.
    case batch(BatchInProgress, RawID)
    /// It was a notification: nowhere.
    case nowhere

    /// The same place, without the whole line that the id is a part of: for an answer that comes later.
    var detached: ReplyAddress {
        switch self {
        case .line(let id): .line(RawID(text: ArraySlice(Array(id.text))))
        case .batch(let batch, let id): .batch(batch, RawID(text: ArraySlice(Array(id.text))))
        case .nowhere: .nowhere
        }
    }

    var idByteCount: Int {
        switch self {
        case .line(let id), .batch(_, let id): id.text.count
        case .nowhere: 0
        }
    }
}

/// A batch whose answers are not all there yet.
final class BatchInProgress {
    var answer = BatchAnswer()
    var isFinished = false
    /// Requests of the batch that are not answered yet.
    var missing: Int
    /// How long their ids are together, which their answers repeat.
    var missingIDByteCount: Int

    init(_ requests: [Result<Request, InvalidRequest>]) {
        missing = requests.count
        missingIDByteCount = requests.reduce(0) { count, request in
            switch request {
            case .success(let request): count + (request.id?.text.count ?? 0)
            case .failure(let invalid): count + invalid.id.text.count
            }
        }
    }
}

/// What a method has to say at once.
enum MethodOutcome {
    /// The result's JSON text.
    case result([UInt8])
    case failure(RPCError)
    /// The answer comes later.
    case later
}
