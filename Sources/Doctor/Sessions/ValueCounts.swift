import DjangoSession
import SessionModel

/// What the values of a sample are. Of none it holds more than its form.
struct ValueCounts {
    var loggedInCount = 0
    var anonymousCount = 0
    /// By key, from 0.
    var byKey: [Int: Int] = [:]
    var forms: [Form: Int] = [:]
    /// Signed, and no key fits.
    var invalidCount = 0
    /// By what is wrong.
    var unreadable: [String: Int] = [:]
    var cacheValueCount = 0
    var signedValueCount = 0
    /// Sessions without time to live; what cannot be read as one may be anything.
    var lastingCount = 0
    /// All values that were read whole: one that is longer than is read for a check tells nothing.
    var totalCount = 0

    struct Form: Hashable {
        let layout: DecodedSession.Layout
        let serializer: DecodedSession.Serializer
        let compression: DecodedSession.Compression
    }

    /// How many could be decoded.
    var sessionCount: Int { loggedInCount + anonymousCount }
    var unreadableCount: Int { unreadable.values.reduce(0, +) }

    init(_ sample: SessionSample, _ decoder: SessionDecoder) {
        for entry in sample.entries {
            let before = sessionCount
            switch entry.value.content {
            case .absent, .otherType, .long: continue
            case .string(let bytes): add(bytes, decoder)
            }
            totalCount += 1
            if entry.value.expiry == .never, sessionCount > before { lastingCount += 1 }
        }
    }

    private mutating func add(_ bytes: [UInt8], _ decoder: SessionDecoder) {
        do throws(DecodeError) {
            let session = try decoder.decode(bytes)
            if session.userID == nil { anonymousCount += 1 } else { loggedInCount += 1 }
            if let index = session.keyIndex { byKey[index, default: 0] += 1 }
            let form = Form(
                layout: session.layout, serializer: session.serializer,
                // Long payloads of the signing layout are compressed, short ones are not: that is one way to write.
                compression: session.layout == .cache ? session.compression : .none)
            forms[form, default: 0] += 1
        } catch {
            switch error {
            case .invalid: invalidCount += 1
            case .unreadable(let why):
                if why == .cacheValue { cacheValueCount += 1 }
                if why == .signedValue { signedValueCount += 1 }
                unreadable["\(why)", default: 0] += 1
            }
        }
    }
}
