/// Keys that a terminal's bytes stand for, on a keyboard with the US layout.
struct TerminalKeys {
    /// A key, and those held down with it.
    struct Stroke: Equatable {
        var key: KeyCode
        var modifiers: [KeyCode] = []
    }

    /// The start of an escape sequence whose end has not come.
    private(set) var pending: [UInt8] = []

    /// The key that ends with this byte, if one does.
    mutating func append(_ byte: UInt8) -> Stroke? {
        if pending.isEmpty {
            if byte == 0x1b {
                pending = [byte]
                return nil
            }
            return Self.stroke(of: byte)
        }
        pending.append(byte)
        if pending.count == 2, byte != UInt8(ascii: "["), byte != UInt8(ascii: "O") {
            // Escape and a character: that key with Alt.
            pending = []
            guard byte != 0x1b, var stroke = Self.stroke(of: byte) else { return Stroke(key: .escape) }
            stroke.modifiers.append(.leftAlt)
            return stroke
        }
        let isFinal = pending.count > 2 && (0x40...0x7e).contains(byte)
        guard isFinal || pending.count > 8 else { return nil }
        defer { pending = [] }
        return Self.sequences[String(decoding: pending.dropFirst(), as: UTF8.self)].map { Stroke(key: $0) }
    }

    /// Nothing more has come: an escape alone is the key.
    mutating func flush() -> Stroke? {
        defer { pending = [] }
        return pending == [0x1b] ? Stroke(key: .escape) : nil
    }

    private static let sequences: [String: KeyCode] = [
        "[A": KeyCode(0x48, extended: true), "[B": KeyCode(0x50, extended: true),
        "[C": KeyCode(0x4d, extended: true), "[D": KeyCode(0x4b, extended: true),
        "OA": KeyCode(0x48, extended: true), "OB": KeyCode(0x50, extended: true),
        "OC": KeyCode(0x4d, extended: true), "OD": KeyCode(0x4b, extended: true),
        "[H": KeyCode(0x47, extended: true), "[F": KeyCode(0x4f, extended: true),
        "[1~": KeyCode(0x47, extended: true), "[4~": KeyCode(0x4f, extended: true),
        "[2~": KeyCode(0x52, extended: true), "[3~": .delete,
        "[5~": KeyCode(0x49, extended: true), "[6~": KeyCode(0x51, extended: true),
        "OP": KeyCode(0x3b), "OQ": KeyCode(0x3c), "OR": KeyCode(0x3d), "OS": KeyCode(0x3e),
        "[15~": KeyCode(0x3f), "[17~": KeyCode(0x40), "[18~": KeyCode(0x41), "[19~": KeyCode(0x42),
        "[20~": KeyCode(0x43), "[21~": KeyCode(0x44), "[23~": KeyCode(0x57), "[24~": KeyCode(0x58),
    ]

    /// Characters in the order of the keys' codes of set 1, from 0x02 on; spaces are keys without one.
    private static let plain = Array("1234567890-=\u{8}\tqwertyuiop[]\r asdfghjkl;'` \\zxcvbnm,./".utf8)
    private static let shifted = Array("!@#$%^&*()_+  QWERTYUIOP{}  ASDFGHJKL:\"~ |ZXCVBNM<>?".utf8)

    private static func stroke(of byte: UInt8) -> Stroke? {
        switch byte {
        case 0x20: return Stroke(key: KeyCode(0x39))
        case 0x0a: return Stroke(key: KeyCode(0x1c))
        case 0x7f: return Stroke(key: KeyCode(0x0e))
        case 0x00: return Stroke(key: KeyCode(0x39), modifiers: [.leftControl])
        default: break
        }
        if let index = plain.firstIndex(of: byte) { return Stroke(key: KeyCode(UInt8(index + 2))) }
        if let index = shifted.firstIndex(of: byte) {
            return Stroke(key: KeyCode(UInt8(index + 2)), modifiers: [.leftShift])
        }
        // Control and a letter.
        guard byte < 0x20, let index = plain.firstIndex(of: byte | 0x60) ?? plain.firstIndex(of: byte | 0x40) else {
            return nil
        }
        return Stroke(key: KeyCode(UInt8(index + 2)), modifiers: [.leftControl])
    }
}
