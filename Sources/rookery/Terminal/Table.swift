/// A table that fits its width: the widest columns give way, and what is cut ends in “…”.
struct Table {
    enum Alignment { case left, right }

    struct Column {
        var title: String
        var alignment = Alignment.left
        /// Columns that are never cut: names, numbers.
        var isRigid = false
        init(_ title: String, _ alignment: Alignment = .left, rigid: Bool = false) {
            self.title = title
            self.alignment = alignment
            isRigid = rigid
        }
    }

    struct Cell {
        var text: String
        var style: Style
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ cells: String...) { rows.append(cells.map { Cell(text: $0, style: .plain) }) }
    mutating func add(_ cells: [Cell]) { rows.append(cells) }

    /// The lines of the table, each ending in a newline.
    func text(width: Int = 80, colored: Bool = false) -> String {
        var widths = columns.map { $0.title.count }
        for row in rows {
            for (place, cell) in row.enumerated() { widths[place] = max(widths[place], cell.text.count) }
        }
        let gaps = 2 * (columns.count - 1)
        while widths.reduce(0, +) + gaps > width {
            let pliable = widths.indices.filter { !columns[$0].isRigid && widths[$0] > 8 }
            guard let widest = pliable.max(by: { widths[$0] < widths[$1] }) else { break }
            let others = pliable.filter { $0 != widest }.map { widths[$0] }.max() ?? 8
            let excess = widths.reduce(0, +) + gaps - width
            widths[widest] -= max(1, min(excess, widths[widest] - max(others, 8)))
        }
        var text = line(columns.map { Cell(text: $0.title, style: .bold) }, widths, colored)
        for row in rows { text += line(row, widths, colored) }
        return text
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ colored: Bool) -> String {
        var text = ""
        for (place, cell) in cells.enumerated() {
            let shown =
                cell.text.count > widths[place] ? cell.text.prefix(max(0, widths[place] - 1)) + "…" : cell.text[...]
            let room = String(repeating: " ", count: max(0, widths[place] - shown.count))
            let styled =
                colored && cell.style != .plain ? "\u{1b}[\(cell.style.rawValue)m\(shown)\u{1b}[0m" : String(shown)
            switch columns[place].alignment {
            case .right: text += room + styled
            case .left: text += place == cells.count - 1 ? styled : styled + room
            }
            if place < cells.count - 1 { text += "  " }
        }
        while text.last == " " { text.removeLast() }
        return text + "\n"
    }

    func write(to output: TextOutput = Standard.output) {
        let width = output.isTerminal ? max(40, Terminal.columns) : 80
        output.write(text(width: min(width, 120), colored: Terminal.usesColor(output)))
    }
}
