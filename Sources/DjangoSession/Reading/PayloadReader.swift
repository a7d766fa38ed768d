/// Reads a payload by the serializer that wrote it, which is told by the first byte where it is not given: no pickle begins as a
/// JSON object does, and no MessagePack map as either.
struct PayloadReader: Sendable {
    /// The only serializer that is expected; nil for whichever wrote the payload.
    let serializer: DecodedSession.Serializer?
    let rules: DjangoRules
    let bounds: DecodeBounds

    func bounded(by bounds: DecodeBounds) -> PayloadReader {
        PayloadReader(serializer: serializer, rules: rules, bounds: bounds)
    }

    /// Where a payload comes from, which tells how it may be written.
    enum Origin {
        /// A signed value: JSON in Latin-1, or a pickle.
        case signed
        /// A cache: JSON in UTF-8, a pickle, or MessagePack.
        case cache
    }

    /// The rendered session in a payload, and what wrote it.
    func read(
        _ payload: ArraySlice<UInt8>, from origin: Origin
    ) throws(DecodeError.Why) -> (data: [UInt8], serializer: DecodedSession.Serializer) {
        guard payload.count <= bounds.expandedBytes else { throw .bound(.expandedBytes, limit: bounds.expandedBytes) }
        let serializer = serializer ?? likelySerializer(of: payload, from: origin)
        return (try render(payload, by: serializer, from: origin), serializer)
    }

    private func render(
        _ payload: ArraySlice<UInt8>, by serializer: DecodedSession.Serializer, from origin: Origin
    ) throws(DecodeError.Why) -> [UInt8] {
        switch serializer {
        case .json:
            if case .signed = origin, let version = rules.version, !rules.readsJSON { throw .notReadBy(version, .json) }
            do {
                return try PythonJSON.render(payload, encoding: origin == .signed ? .latin1 : .utf8, bounds: bounds)
            } catch .badJSON where Pickle.isLikely(payload) {
                throw .pickled
            }
        case .pickle: return try PickleRendering.render(payload, rules: rules, bounds: bounds)
        case .msgpack: return try MessagePack.render(payload, bounds: bounds, dialects: rules.messagePack)
        }
    }

    private func likelySerializer(of payload: ArraySlice<UInt8>, from origin: Origin) -> DecodedSession.Serializer {
        if origin == .cache, MessagePack.isLikely(payload) { return .msgpack }
        return Pickle.beginsLikeOne(payload) ? .pickle : .json
    }
}
