// The graphics controller and the sequencer between the processor and the four planes.
extension VGA {
    /// Where in the planes' address space an offset in the window lies (graphics register 6, memory map).
    private func planeAddress(_ offset: Int) -> Int? {
        guard offset >= 0, offset < 0x20000 else { return nil }
        switch graphics[6] >> 2 & 3 {
        case 0: return offset & 0xffff
        case 1: return offset < 0x10000 ? offset : nil
        case 2: return (0x10000..<0x18000).contains(offset) ? offset - 0x10000 : nil
        default: return offset >= 0x18000 ? offset - 0x18000 : nil
        }
    }

    /// Sequencer register 4: four neighbours are the four planes.
    private var isChained: Bool { sequencer[4] & 8 != 0 }
    /// Sequencer register 4: even addresses are planes 0 and 2, odd ones 1 and 3. Text mode.
    private var isOddEven: Bool { sequencer[4] & 4 == 0 }

    /// Four copies of a byte.
    private func spread(_ byte: UInt8) -> UInt32 { UInt32(byte) * 0x0101_0101 }
    /// All ones in the bytes of the planes whose bits are set.
    private func planes(_ bits: UInt8) -> UInt32 {
        var mask: UInt32 = 0
        for plane in UInt32(0)..<4 where bits & 1 << UInt8(plane) != 0 { mask |= 0xff << (8 * plane) }
        return mask
    }

    func readMemory(at offset: Int) -> UInt8 {
        guard let address = planeAddress(offset) else { return 0xff }
        if isChained { return plane(address & 3, of: memory[address >> 2]) }
        if isOddEven { return plane(address & 1 | Int(graphics[4] & 2), of: memory[address >> 1]) }
        latches = memory[address]
        if graphics[5] & 8 == 0 { return plane(Int(graphics[4] & 3), of: latches) }
        // Read mode 1: which pixels have the colour to compare with, in the planes that count.
        let difference = (latches ^ planes(graphics[2])) & planes(graphics[7])
        return ~UInt8(truncatingIfNeeded: difference | difference >> 8 | difference >> 16 | difference >> 24)
    }

    private func plane(_ index: Int, of word: UInt32) -> UInt8 {
        UInt8(truncatingIfNeeded: word >> UInt32(8 * index))
    }

    func writeMemory(_ value: UInt8, at offset: Int) {
        guard let address = planeAddress(offset) else { return }
        let enabled = planes(sequencer[2])
        if isChained {
            store(spread(value), mask: enabled & 0xff << UInt32(8 * (address & 3)), at: address >> 2)
        } else if isOddEven {
            let mask: UInt32 = address & 1 == 0 ? 0x00ff_00ff : 0xff00_ff00
            store(spread(value), mask: enabled & mask, at: address >> 1)
        } else {
            store(combined(value), mask: enabled, at: address)
        }
    }

    /// What write modes 0 to 3 make of a byte, with the latches.
    private func combined(_ value: UInt8) -> UInt32 {
        let rotation = graphics[3] & 7
        let rotated = value >> rotation | value << ((8 - rotation) & 7)
        var bitMask = spread(graphics[8])
        var data: UInt32
        switch graphics[5] & 3 {
        case 0:
            let setReset = planes(graphics[1])
            data = spread(rotated) & ~setReset | planes(graphics[0]) & setReset
        case 1: return latches
        case 2: data = planes(value)
        default:
            data = planes(graphics[0])
            bitMask &= spread(rotated)
        }
        switch graphics[3] >> 3 & 3 {
        case 1: data &= latches
        case 2: data |= latches
        case 3: data ^= latches
        default: break
        }
        return data & bitMask | latches & ~bitMask
    }

    private func store(_ word: UInt32, mask: UInt32, at address: Int) {
        let merged = memory[address] & ~mask | word & mask
        guard merged != memory[address] else { return }
        memory[address] = merged
        markDirty()
    }
}
