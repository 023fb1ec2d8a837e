/// The name of a row, a transaction or a server: 128 bits (RFC 4122), written "5a1b…-…".
public struct UUID: Hashable, Sendable, Comparable, LosslessStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// "00000000-0000-0000-0000-000000000000": no row has it.
    public static let zero = UUID(high: 0, low: 0)

    /// A random one (version 4).
    public static func random() -> UUID {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// A random one (version 4).
    public static func random(using generator: inout some RandomNumberGenerator) -> UUID {
        UUID(
            high: generator.next() & ~0xf000 | 0x4000,
            low: generator.next() & ~(0b11 << 62) | 0b10 << 62)
    }

    /// Reads the form of 8, 4, 4, 4 and 12 hexadecimal digits.
    public init?(_ text: String) {
        guard text.utf8.count == 36 else { return nil }
        var text = text
        let value = text.withUTF8 { Self.parse($0) }
        guard let value else { return nil }
        self = value
    }

    private static func parse(_ text: UnsafeBufferPointer<UInt8>) -> UUID? {
        let dash = UInt8(ascii: "-")
        guard text[8] == dash, text[13] == dash, text[18] == dash, text[23] == dash else { return nil }
        var isValid = true
        func number(_ range: Range<Int>, _ start: UInt64) -> UInt64 {
            var value = start
            for index in range {
                let byte = text[index]
                let letter = (byte | 0x20) &- UInt8(ascii: "a")
                let digit = byte &- UInt8(ascii: "0")
                isValid = isValid && (digit < 10 || letter < 6)
                value = value << 4 | UInt64(digit < 10 ? digit : letter &+ 10)
            }
            return value
        }
        let high = number(14..<18, number(9..<13, number(0..<8, 0)))
        let low = number(24..<36, number(19..<23, 0))
        return isValid ? UUID(high: high, low: low) : nil
    }

    public var description: String {
        var writer = JSONWriter()
        writer.write(bare: self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    public static func < (a: UUID, b: UUID) -> Bool { a.high != b.high ? a.high < b.high : a.low < b.low }
}

extension JSONWriter {
    /// Appends the 36 characters, without quotes.
    mutating func write(bare uuid: UUID) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { text in
            var position = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    text[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = index < 16 ? uuid.high : uuid.low
                text[position] = hexadecimal(UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index & 15))) & 15)
                position += 1
            }
            bytes.append(contentsOf: text)
        }
    }

    /// Appends the 36 characters in quotes.
    mutating func write(_ uuid: UUID) {
        raw("\"")
        write(bare: uuid)
        raw("\"")
    }
}
