/// What a VGA shows.
struct Screen: Equatable {
    /// A character of code page 437 and its attribute: colours of ink (bits 0 to 3) and paper (4 to 7).
    struct Cell: Equatable {
        var character: UInt8 = 0x20
        var attribute: UInt8 = 0x07
    }

    enum Content: Equatable {
        /// Row after row.
        case text([Cell])
        case graphics
        case dark
    }

    var columns: Int
    var rows: Int
    var content: Content
    /// Where the cursor blinks, if it is seen.
    var cursor: Int?
}

extension VGA {
    /// The screen as the registers describe it.
    var screen: Screen {
        guard attributeIndex & 0x20 != 0, sequencer[1] & 0x20 == 0, sequencer[0] & 3 == 3 else {
            return Screen(columns: 0, rows: 0, content: .dark)
        }
        guard attributes[0x10] & 1 == 0, graphics[6] & 1 == 0 else {
            return Screen(columns: 0, rows: 0, content: .graphics)
        }
        let lines = Int(crtc[0x12]) | Int(crtc[7] & 0x02) << 7 | Int(crtc[7] & 0x40) << 3
        let columns = min(Int(crtc[1]) + 1, 160)
        let rows = min((lines + 1) / (Int(crtc[9] & 0x1f) + 1), 100)
        guard columns >= 20, rows > 0 else { return Screen(columns: 0, rows: 0, content: .dark) }
        let start = Int(crtc[0x0c]) << 8 | Int(crtc[0x0d])
        let stride = Int(crtc[0x13]) * 2
        // The attribute's top bit blinks, or makes the paper bright.
        let isBlinking = attributes[0x10] & 8 != 0
        var cells: [Screen.Cell] = []
        cells.reserveCapacity(columns * rows)
        for row in 0..<rows {
            for column in 0..<columns {
                let word = memory[(start + row * stride + column) & 0xffff]
                let attribute = UInt8(truncatingIfNeeded: word >> 8)
                cells.append(
                    Screen.Cell(
                        character: UInt8(truncatingIfNeeded: word),
                        attribute: isBlinking ? attribute & 0x7f : attribute))
            }
        }
        var cursor: Int?
        let place = (Int(crtc[0x0e]) << 8 | Int(crtc[0x0f])) - start
        let isCursorShown = crtc[0x0a] & 0x20 == 0 && crtc[0x0a] & 0x1f <= crtc[0x0b] & 0x1f
        if isCursorShown, place >= 0, stride > 0, place / stride < rows, place % stride < columns {
            cursor = place / stride * columns + place % stride
        }
        return Screen(columns: columns, rows: rows, content: .text(cells), cursor: cursor)
    }
}
