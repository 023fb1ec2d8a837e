import Board

extension ATADrive {
    /// How a drive is attached: what IDENTIFY DEVICE says differs.
    enum Cable { case parallel, serial }

    /// The 512 bytes of IDENTIFY DEVICE (ATA8-ACS, 7.16, table 21).
    func identity(cable: Cable) -> [UInt8] {
        var words = [UInt16](repeating: 0, count: 256)
        let cylinders = min(sectorCount / (16 * 63), 16383)
        words[0] = 0x0040
        words[1] = UInt16(cylinders)
        words[3] = 16
        words[6] = 63
        put(serialNumber, in: &words, at: 10, count: 10)
        put("1.0", in: &words, at: 23, count: 4)
        put(model, in: &words, at: 27, count: 20)
        words[47] = 0x8000 | UInt16(Self.mostSectorsPerBlock)
        words[49] = 0x0f00  // Standby timer, IORDY, LBA, DMA.
        words[50] = 0x4000
        words[53] = 0x0007  // Words 54 to 58, 64 to 70 and 88 are valid.
        let current = min(sectorCount / UInt64(heads * sectorsPerTrack), 16383)
        words[54] = UInt16(current)
        words[55] = UInt16(heads)
        words[56] = UInt16(sectorsPerTrack)
        put(current * UInt64(heads * sectorsPerTrack), in: &words, at: 57, count: 2)
        words[59] = sectorsPerBlock > 0 ? 0x0100 | UInt16(sectorsPerBlock) : 0
        put(min(sectorCount, 0x0fff_ffff), in: &words, at: 60, count: 2)
        words[63] = 0x0007 | modeBit(of: 0x20)
        words[64] = 0x0003
        for index in 65...68 { words[index] = 120 }
        if cable == .serial {
            words[75] = UInt16(Self.queueDepth - 1)
            words[76] = 0x010e  // Queueing; generations 1 to 3.
            words[93] = 0
        } else {
            words[93] = 0x600b  // Reset result: device 0, 80 conductors.
        }
        words[80] = 0x01f0  // ATA/ATAPI-4 to ATA8-ACS.
        words[82] = 0x0020  // Write cache.
        words[83] = 0x7400  // FLUSH CACHE, FLUSH CACHE EXT, 48-bit addresses.
        words[84] = 0x4040  // Forced unit access.
        words[85] = isWriteCacheEnabled ? 0x0020 : 0
        words[86] = 0x3400
        words[87] = 0x4040
        words[88] = 0x003f | modeBit(of: 0x40)
        put(sectorCount, in: &words, at: 100, count: 4)
        words[105] = 8  // Blocks of TRIM ranges.
        words[106] = 0x6003  // 8 logical sectors in a physical one.
        words[169] = 0x0001  // TRIM.
        words[217] = 0x0001  // Nothing rotates.
        words[255] = 0x00a5
        var bytes = words.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        bytes[511] = bytes[..<511].reduce(0) { $0 &- $1 }
        return bytes
    }

    /// Which mode of a kind is chosen.
    private func modeBit(of kind: UInt8) -> UInt16 {
        transferMode & 0xf0 == kind ? 0x0100 << UInt16(transferMode & 0x0f) : 0
    }

    private func put(_ value: UInt64, in words: inout [UInt16], at index: Int, count: Int) {
        for word in 0..<count { words[index + word] = UInt16(truncatingIfNeeded: value >> UInt64(16 * word)) }
    }

    /// Text has its first character in the upper byte, and spaces behind it.
    private func put(_ text: String, in words: inout [UInt16], at index: Int, count: Int) {
        var bytes = Array(text.utf8.prefix(2 * count))
        bytes += [UInt8](repeating: 0x20, count: 2 * count - bytes.count)
        for word in 0..<count { words[index + word] = UInt16(bytes[2 * word]) << 8 | UInt16(bytes[2 * word + 1]) }
    }
}
