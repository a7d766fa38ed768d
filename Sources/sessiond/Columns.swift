/// Text in columns.
enum Columns {
    /// A line of cells, each but the last filled up to its width.
    static func line(_ cells: [String], widths: [Int]) -> String {
        let filled = zip(cells, widths).dropLast().map { cell, width in
            cell + String(repeating: " ", count: max(0, width - cell.count))
        }
        return (filled + cells.suffix(1)).joined(separator: "  ")
    }
}
