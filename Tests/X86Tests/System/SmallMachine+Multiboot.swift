import X86

extension SmallMachine {
    /// Loads a 32-bit ELF program as a multiboot loader does (Multiboot specification 0.6.96), and sets processor 0 to its entry.
    /// - Returns: false: it is none, or has no room.
    func loadMultiboot(_ image: [UInt8], commandLine: String) -> Bool {
        func word(_ at: Int) -> Int {
            guard at + 4 <= image.count else { return 0 }
            return (0..<4).reduce(0) { $0 | Int(image[at + $1]) << ($1 * 8) }
        }
        guard image.count > 52, Array(image[0..<5]) == [0x7f, 0x45, 0x4c, 0x46, 1] else { return false }
        for index in 0..<(word(44) & 0xffff) {
            let header = word(28) + index * 32
            guard word(header) == 1 else { continue }
            let (offset, address, inFile, inMemory) = (
                word(header + 4), word(header + 12), word(header + 16), word(header + 20)
            )
            guard address + inMemory <= byteCount, offset + inFile <= image.count else { return false }
            if inFile > 0 { store(Array(image[offset..<offset + inFile]), at: address) }
        }
        let information = 0x7000
        let line = 0x7200
        let map = 0x7100
        store(UInt32(1 | 4 | 64), at: information)
        store(UInt32(639), at: information + 4)
        store(UInt32((byteCount - (1 << 20)) >> 10), at: information + 8)
        store(UInt32(line), at: information + 16)
        store(Array(commandLine.utf8) + [0], at: line)
        store(UInt32(48), at: information + 44)
        store(UInt32(map), at: information + 48)
        for (index, run) in [(0, 0x9_fc00), (1 << 20, byteCount - (1 << 20))].enumerated() {
            let entry = map + index * 24
            store(UInt32(20), at: entry)
            store(UInt64(run.0), at: entry + 4)
            store(UInt64(run.1), at: entry + 12)
            store(UInt32(1), at: entry + 20)
        }
        enterFlat32(entry: UInt32(word(24)))
        cpu[.rax] = 0x2bad_b002
        cpu[.rbx] = UInt64(information)
        return true
    }

    /// Processor 0 starts at `entry` in flat 32-bit protected mode, without a descriptor table of its own.
    func enterFlat32(entry: UInt32) {
        cpu.set(StateLayout.cr0, UInt64(0x11))
        for index in 0..<6 {
            let at = StateLayout.segments + index * SegmentField.byteCount
            cpu.set(at + SegmentField.base, UInt64(0))
            cpu.set(at + SegmentField.limit, UInt32.max)
            cpu.set(at + SegmentField.selector, UInt16(index == 1 ? 8 : 16))
            cpu.set(at + SegmentField.attributes, UInt16(index == 1 ? 0xc09b : 0xc093))
        }
        cpu.set(StateLayout.rip, UInt64(entry))
        cpu[.rsp] = 0x7000
        processors[0].modeChanged()
    }
}
