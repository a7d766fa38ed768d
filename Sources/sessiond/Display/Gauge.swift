/// A share of something as a bar.
struct Gauge: Equatable {
    /// What a high share means.
    enum Meaning {
        /// Nothing.
        case plain
        /// That a limit is near.
        case load
        /// That all is well.
        case success
    }

    let label: String
    /// From 0 to 1.
    let share: Double
    /// The amounts.
    let amount: String
    var meaning = Meaning.plain

    /// The share of a part in a whole; 0 where the whole is nothing.
    static func share(_ part: Int, of whole: Int) -> Double {
        whole > 0 ? Double(part) / Double(whole) : 0
    }

    private var style: Style {
        switch meaning {
        case .plain: .lively
        case .load: share >= 0.95 ? .bad : share >= 0.8 ? .doubtful : .good
        case .success: share >= 0.9 ? .good : share >= 0.5 ? .doubtful : .bad
        }
    }

    private static let (labelColumns, percentColumns) = (12, 9)
    private static let barColumns = 4...20

    /// The label, the bar, the share in percent, the amounts.
    ///
    /// - Parameter columns: of the window; in a narrow one the bar is shorter.
    func add(to line: inout StyledLine, columns: Int, _ glyphs: Glyphs) {
        line.add(label, columns: Self.labelColumns, ellipsis: glyphs.ellipsis)
        let room = columns - line.text.columnCount - Self.percentColumns - amount.columnCount
        let barColumns = min(max(room, Self.barColumns.lowerBound), Self.barColumns.upperBound)
        line.add(glyphs.bar(share, columns: barColumns), style)
        line.add(Self.percent(share).padded(to: Self.percentColumns - 2, isRight: true) + "  ")
        line.add(amount)
    }

    /// In percent; what is not all is not called 100.
    static func percent(_ share: Double) -> String {
        guard share.isFinite else { return "" }
        let tenths = Int((share * 1000).rounded(.down))
        return tenths >= 1000 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
    }
}
