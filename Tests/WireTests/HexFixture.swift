/// Bytes from annotated hexadecimal text: what is behind `#` in a line is a comment, blanks are ignored.
func hex(_ text: String) -> [UInt8] {
    var digits: [UInt8] = []
    for line in text.split(separator: "\n") {
        for character in line.prefix(while: { $0 != "#" }) where !character.isWhitespace {
            digits.append(UInt8(character.hexDigitValue!))
        }
    }
    precondition(digits.count % 2 == 0)
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// What `emit` writes into a buffer of `count` bytes filled with 0xa5, so that a byte that it forgets shows.
func poisoned(_ count: Int, _ emit: (UnsafeMutableRawBufferPointer) -> Void) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xa5, count: count)
    bytes.withUnsafeMutableBytes(emit)
    return bytes
}
