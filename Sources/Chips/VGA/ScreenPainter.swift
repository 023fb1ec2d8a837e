/// Paints screens on a terminal (ECMA-48 control sequences, UTF-8): what differs from the one before, and nothing else.
struct ScreenPainter {
    private var shown: Screen?
    private var cells: [Screen.Cell] = []
    private var output: [UInt8] = []
    private var attribute: UInt8?

    /// The next update paints everything.
    mutating func forget() { shown = nil }

    /// What turns the terminal's screen into `screen`.
    mutating func update(to screen: Screen) -> [UInt8] {
        guard screen != shown else { return [] }
        output = []
        attribute = nil
        defer { shown = screen }
        switch screen.content {
        // Between two modes the screen is dark for a moment; what was there stays on the terminal.
        case .dark: break
        case .graphics:
            if shown?.content != .graphics { put("\u{1b}[0m\u{1b}[2J\u{1b}[H[the guest's screen shows graphics]") }
            cells = []
        case .text(let new):
            paint(new, columns: screen.columns, rows: screen.rows)
            put(screen.cursor == nil ? "\u{1b}[?25l" : "\u{1b}[?25h")
            if let cursor = screen.cursor { move(to: cursor, columns: screen.columns) }
        }
        return output
    }

    private mutating func paint(_ new: [Screen.Cell], columns: Int, rows: Int) {
        if cells.count != new.count || shown == nil || shown?.columns != columns && shown?.content != .dark {
            put("\u{1b}[0m\u{1b}[2J")
            cells = [Screen.Cell](repeating: Screen.Cell(), count: new.count)
        }
        scroll(to: new, columns: columns, rows: rows)
        for row in 0..<rows {
            var column = 0
            while column < columns {
                let index = row * columns + column
                guard new[index] != cells[index] else {
                    column += 1
                    continue
                }
                move(to: index, columns: columns)
                // A run of differences; a few same cells in between are cheaper than another move.
                var end = column + 1
                var same = 0
                while end < columns, same < 6 {
                    same = new[row * columns + end] == cells[row * columns + end] ? same + 1 : 0
                    end += 1
                }
                for position in column..<end - same { put(new[row * columns + position]) }
                column = end
            }
        }
        if attribute != nil { put("\u{1b}[0m") }
        cells = new
    }

    /// Where the new screen is the old one moved up, the terminal scrolls too, and keeps what leaves it.
    private mutating func scroll(to new: [Screen.Cell], columns: Int, rows: Int) {
        guard rows > 2, new != cells else { return }
        for lines in 1..<rows / 2 + 1 {
            let kept = (rows - lines) * columns
            // The last row may have been written since.
            let compared = kept - columns
            guard new[..<compared] == cells[(lines * columns)..<(lines * columns + compared)][...],
                new[..<compared].contains(where: { $0.character != 0x20 && $0.character != 0 })
            else { continue }
            put("\u{1b}[0m\u{1b}[\(rows);1H" + String(repeating: "\n", count: lines))
            cells.removeFirst(lines * columns)
            cells += [Screen.Cell](repeating: Screen.Cell(), count: lines * columns)
            return
        }
    }

    private mutating func move(to index: Int, columns: Int) {
        put("\u{1b}[\(index / columns + 1);\(index % columns + 1)H")
    }

    private mutating func put(_ text: String) { output += Array(text.utf8) }

    private mutating func put(_ cell: Screen.Cell) {
        if attribute != cell.attribute {
            attribute = cell.attribute
            let (ink, paper) = (Int(cell.attribute & 15), Int(cell.attribute >> 4))
            put("\u{1b}[0;\(Self.colour(ink, base: 30, bright: 90));\(Self.colour(paper, base: 40, bright: 100))m")
        }
        put(String(Self.characters[Int(cell.character)]))
    }

    /// The VGA counts colours blue, green, red; terminals red, green, blue. White on black is the terminal's own.
    private static func colour(_ value: Int, base: Int, bright: Int) -> Int {
        let order = [0, 4, 2, 6, 1, 5, 3, 7]
        if value == 7, base == 30 { return 39 }
        if value == 0, base == 40 { return 49 }
        return (value < 8 ? base : bright) + order[value & 7]
    }

    /// Code page 437.
    static let characters: [Character] = {
        let low = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
        let ascii = String(decoding: UInt8(0x20)..<0x7f, as: UTF8.self)
        let high =
            "⌂ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧"
            + "╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ "
        return Array(low + ascii + high)
    }()
}
