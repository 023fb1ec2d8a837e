import Testbed
import X86

/// Bytes that look like instructions: some prefixes, an opcode of one of the four maps, random operands.
enum RandomCode {
    private static let prefixes: [UInt8] = [
        0x66, 0x66, 0x66, 0x66, 0x67, 0x67, 0xf2, 0xf2, 0xf3, 0xf3, 0xf0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
    ]

    static func instruction(_ mode: CodeMode, _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<[0, 0, 0, 1, 1, 1, 2, 3][generator.below(8)] {
            bytes.append(prefixes[generator.below(prefixes.count)])
        }
        if mode == .bits64, generator.chance(40) { bytes.append(0x40 | UInt8(generator.below(16))) }
        switch generator.below(6) {
        case 0: break
        case 1...3: bytes.append(0x0f)
        case 4: bytes += [0x0f, 0x38]
        default: bytes += [0x0f, 0x3a]
        }
        for _ in 0..<12 { bytes.append(UInt8(generator.below(256))) }
        return bytes
    }
}
