/// ACPI machine language, assembled (ACPI 6.4, chapter 20): just the terms that a machine's description is made of.
enum AML {
    typealias Bytes = [UInt8]

    // MARK: Data

    static func integer(_ value: UInt64) -> Bytes {
        switch value {
        case 0: [0x00]
        case 1: [0x01]
        case 2...0xff: [0x0a, UInt8(value)]
        case 0x100...0xffff: [0x0b] + little(UInt16(value))
        case 0x1_0000...0xffff_ffff: [0x0c] + little(UInt32(value))
        default: [0x0e] + little(value)
        }
    }

    static func string(_ text: String) -> Bytes { [0x0d] + Array(text.utf8) + [0] }

    static func buffer(_ content: Bytes) -> Bytes { [0x11] + withLength(integer(UInt64(content.count)) + content) }

    static func package(_ elements: [Bytes]) -> Bytes {
        [0x12] + withLength([UInt8(elements.count)] + elements.flatMap { $0 })
    }

    /// A compressed EISA identifier, "PNP0A08" (ACPI 6.4, 19.3.4).
    static func eisaID(_ text: String) -> Bytes {
        let bytes = Array(text.utf8)
        precondition(bytes.count == 7)
        let letters = bytes[..<3].reduce(UInt32(0)) { $0 << 5 | UInt32($1 - 0x40) }
        let number = UInt32(text.dropFirst(3), radix: 16) ?? 0
        return [0x0c] + little((letters << 16 | number).byteSwapped)
    }

    // MARK: Names and objects

    /// A path: "\\_SB_.PCI0", "_CRS". Segments shorter than four letters are filled up.
    static func path(_ text: String) -> Bytes {
        var bytes: Bytes = []
        var rest = Substring(text)
        if rest.first == "\\" {
            bytes.append(0x5c)
            rest = rest.dropFirst()
        }
        let segments = rest.split(separator: ".").map { segment -> Bytes in
            let letters = Array(segment.utf8)
            return letters + [UInt8](repeating: 0x5f, count: 4 - letters.count)
        }
        switch segments.count {
        case 0: bytes.append(0x00)
        case 1: break
        case 2: bytes.append(0x2e)
        default: bytes += [0x2f, UInt8(segments.count)]
        }
        return bytes + segments.flatMap { $0 }
    }

    static func name(_ name: String, _ value: Bytes) -> Bytes { [0x08] + path(name) + value }
    static func scope(_ name: String, _ terms: [Bytes]) -> Bytes {
        [0x10] + withLength(path(name) + terms.flatMap { $0 })
    }
    static func device(_ name: String, _ terms: [Bytes]) -> Bytes {
        [0x5b, 0x82] + withLength(path(name) + terms.flatMap { $0 })
    }

    // MARK: Resources (6.4)

    /// A list of resources, with its end tag.
    static func resources(_ descriptors: [Bytes]) -> Bytes { buffer(descriptors.flatMap { $0 } + [0x79, 0]) }

    /// Fixed I/O ports, 16 bits decoded.
    static func ports(_ start: UInt16, _ count: UInt8) -> Bytes {
        [0x47, 1] + little(start) + little(start) + [1, count]
    }

    /// An ISA interrupt: rising edge, exclusive.
    static func interrupt(_ line: Int) -> Bytes { [0x22] + little(UInt16(1) << UInt16(line)) }

    /// An interrupt by its global number: active high, level-triggered or an edge, exclusive or shared.
    static func extendedInterrupt(_ line: Int, isLevel: Bool, isShared: Bool = false) -> Bytes {
        [0x89, 6, 0, (isLevel ? 0x01 : 0x03) | (isShared ? 0x08 : 0), 1] + little(UInt32(line))
    }

    static func memory32Fixed(_ start: UInt64, _ byteCount: UInt64) -> Bytes {
        [0x86, 9, 0, 1] + little(UInt32(start)) + little(UInt32(byteCount))
    }

    /// The buses below a bridge.
    static func busNumbers(_ range: ClosedRange<UInt16>) -> Bytes {
        [0x88, 13, 0, 2, 0x0c, 0] + addressFields(UInt16(0), range)
    }

    static func portWindow(_ range: ClosedRange<UInt16>) -> Bytes {
        [0x88, 13, 0, 1, 0x0c, 3] + addressFields(UInt16(0), range)
    }

    /// Memory that is not cached, and may be written to.
    static func memoryWindow32(_ range: ClosedRange<UInt32>) -> Bytes {
        [0x87, 23, 0, 0, 0x0c, 1] + addressFields(UInt32(0), range)
    }

    static func memoryWindow64(_ range: ClosedRange<UInt64>) -> Bytes {
        [0x8a, 43, 0, 0, 0x0c, 1] + addressFields(UInt64(0), range)
    }

    private static func addressFields<T: FixedWidthInteger>(_ granularity: T, _ range: ClosedRange<T>) -> Bytes {
        little(granularity) + little(range.lowerBound) + little(range.upperBound) + little(T(0))
            + little(range.upperBound - range.lowerBound + 1)
    }

    // MARK: Encoding

    static func little<T: FixedWidthInteger>(_ value: T) -> Bytes {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    /// A PkgLength, which counts itself, and what it is the length of (20.2.4).
    private static func withLength(_ content: Bytes) -> Bytes {
        let count = content.count
        if count + 1 < 0x40 { return [UInt8(count + 1)] + content }
        if count + 2 < 0x1000 {
            let total = count + 2
            return [UInt8(0x40 | total & 15), UInt8(total >> 4)] + content
        }
        let total = count + 3
        return [UInt8(0x80 | total & 15), UInt8(total >> 4 & 0xff), UInt8(total >> 12)] + content
    }
}
