/// Time zones: Python's own, those that older versions of Django have, and pytz's.
extension PickleMachine {
    mutating func timeZone(
        _ constructor: PickleConstructor, classIndex: Int, _ arguments: [PicklePlace]
    ) throws(DecodeError.Why) -> PickleValue? {
        var zone = PickleTimeZone(classIndex: classIndex)
        switch constructor {
        case .djangoUTC, .pytzUTC:
            guard arguments.isEmpty else { return nil }
            zone.offset = 0
        case .timezone:
            guard (1...2).contains(arguments.count), let offset = offset(at: arguments[0]) else { return nil }
            zone.offset = offset
            if arguments.count == 2 {
                guard let name = heap.text(at: arguments[1]) else { return nil }
                zone.name = name
            }
        case .djangoFixedOffset:
            // Its offset follows by BUILD.
            return arguments.isEmpty ? object(PickleObject(classIndex: classIndex, kind: .fixedOffset)) : nil
        case .pytzFixedOffset:
            guard arguments.count == 1, let minutes = heap.integer(at: arguments[0]), -1_440 < minutes,
                minutes < 1_440
            else { return nil }
            zone.offset = minutes * 60_000_000
        case .pytzZone:
            // (name) or (name, offset from UTC in seconds, of that the daylight saving, abbreviation)
            guard [1, 4].contains(arguments.count), let name = heap.text(at: arguments[0]) else { return nil }
            zone.name = name
            if arguments.count == 4 {
                guard let seconds = heap.integer(at: arguments[1]), -86_400 < seconds, seconds < 86_400 else {
                    return nil
                }
                zone.offset = seconds * 1_000_000
            } else {
                zone.offset = fixedOffset(ofZone: name)
            }
        case .zoneInfoUnpickle:
            // (name, whether from the cache)
            guard arguments.count == 2, let name = heap.text(at: arguments[0]) else { return nil }
            zone.name = name
            zone.offset = fixedOffset(ofZone: name)
        default: return nil
        }
        return timeZone(zone)
    }

    /// A `FixedOffset` of Django 1.4 to 2.2, which BUILD gives its offset.
    mutating func fixedOffset(_ number: Int, state: PicklePlace) throws(DecodeError.Why) -> PickleValue {
        guard case .dictionary(let table) = heap[state],
            let place = try heap.value(named: "_FixedOffset__offset", in: table), let offset = offset(at: place)
        else { throw malformed }
        return timeZone(PickleTimeZone(classIndex: heap.objects[number].classIndex, offset: offset))
    }

    /// The offset of a zone of the tz database that has had but one, in microseconds; nil for any other. `Etc/GMT+5` is west of
    /// Greenwich.
    private func fixedOffset(ofZone name: PickleText) -> Int64? {
        guard name.count <= 16, let text = heap.ascii(name) else { return nil }
        let short = text.hasPrefix("Etc/") ? text.dropFirst(4) : text[...]
        if ["UTC", "UCT", "GMT", "GMT0", "GMT+0", "GMT-0", "Zulu", "Universal", "Greenwich"].contains(short) {
            return 0
        }
        guard text.hasPrefix("Etc/GMT"), let hours = Int64(text.dropFirst(7)), (-14...12).contains(hours) else {
            return nil
        }
        return -hours * 3_600_000_000
    }

    private mutating func timeZone(_ zone: PickleTimeZone) -> PickleValue {
        heap.zones.append(zone)
        return .timeZone(heap.zones.count - 1)
    }

    /// The offset from UTC that a timedelta is; nil for any other value.
    private func offset(at place: PicklePlace) -> Int64? {
        guard case .timedelta(let days, let seconds, let microseconds) = heap[place] else { return nil }
        return PickleDates.offset(days: days, seconds: seconds, microseconds: microseconds)
    }
}
