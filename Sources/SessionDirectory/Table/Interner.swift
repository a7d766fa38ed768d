/// Gives numbers to values that many records share, for as long as any record does.
struct Interner<Value: Hashable & Sendable>: Sendable {
    private struct Use {
        var number: Int
        var count: Int
    }

    private let numberMax: Int
    private var uses: [Value: Use] = [:]
    private var values: [Value?] = []
    private var free: [Int] = []

    /// - Parameter numberMax: numbers are from 0 to this.
    init(numberMax: Int) {
        self.numberMax = numberMax
    }

    /// How many values are in use.
    var count: Int { uses.count }

    /// The number of a value that one more record holds; nil where there is no number left.
    mutating func intern(_ value: Value) -> Int? {
        if let use = uses[value] {
            uses[value] = Use(number: use.number, count: use.count + 1)
            return use.number
        }
        let number: Int
        if let reused = free.popLast() {
            number = reused
            values[number] = value
        } else {
            guard values.count <= numberMax else { return nil }
            number = values.count
            values.append(value)
        }
        uses[value] = Use(number: number, count: 1)
        return number
    }

    /// A record holds the value no more.
    mutating func release(_ number: Int) {
        guard let value = values[number], let use = uses[value] else { return }
        guard use.count == 1 else {
            uses[value] = Use(number: number, count: use.count - 1)
            return
        }
        uses[value] = nil
        values[number] = nil
        free.append(number)
    }

    /// Every record holds another value instead, or none.
    ///
    /// - Returns: for each number the one that stands in its place; nil where no value does.
    mutating func replace(_ replacement: (Value) -> Value?) -> [Int?] {
        let before = self
        self = Interner(numberMax: numberMax)
        return before.values.map { value in
            guard let value, let use = before.uses[value], let new = replacement(value) else { return nil }
            let number = intern(new)
            uses[new]?.count += use.count - 1
            return number
        }
    }

    /// The value of a number that is in use.
    subscript(number: Int) -> Value? { values[number] }
}
