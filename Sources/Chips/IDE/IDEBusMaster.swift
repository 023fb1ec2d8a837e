import Board

/// The bus master registers of one channel (Programming Interface for Bus Master IDE Controller, revision 1.0).
struct IDEBusMaster {
    private var command: UInt8 = 0
    private(set) var status: UInt8 = 0
    private var table: UInt32 = 0

    var isStarted: Bool { command & 1 != 0 }
    /// The device's data goes to memory.
    var writesMemory: Bool { command & 8 != 0 }

    mutating func readByte(at offset: Int) -> UInt8 {
        switch offset {
        case 0: command
        case 2: status
        case 4...7: UInt8(truncatingIfNeeded: table >> UInt32(8 * (offset - 4)))
        default: 0
        }
    }

    /// - Returns: whether a transfer was started or stopped.
    mutating func writeByte(_ value: UInt8, at offset: Int) -> Bool {
        switch offset {
        case 0:
            let changed = (command ^ value) & 1 != 0
            command = value & 9
            if changed, isStarted { status |= 1 }
            if changed, !isStarted { status &= ~1 }
            return changed
        case 2:
            // Drives' DMA bits are software's; interrupt and error are cleared by ones.
            status = status & 0x07 & ~(value & 0x06) | value & 0x60
            return false
        case 4...7:
            let shift = UInt32(8 * (offset - 4))
            table = (table & ~(0xff << shift) | UInt32(value) << shift) & ~3
            return false
        default: return false
        }
    }

    mutating func noteInterrupt() { status |= 4 }

    /// The transfer is over. The engine stays active while the table has more than the drive had.
    mutating func finish(isTableUsedUp: Bool, hasFailed: Bool) {
        if isTableUsedUp || hasFailed { status &= ~1 }
        if hasFailed { status |= 2 }
    }

    /// The memory that the table of physical regions describes, up to `byteCount` bytes; nil where it is not RAM.
    func scatterList(byteCount: Int, in memory: GuestMemory) -> (list: ScatterList, isTableUsedUp: Bool)? {
        var list = ScatterList()
        var address = UInt64(table)
        // The table lies in 64 KiB: at most 8192 entries.
        for _ in 0..<8192 {
            guard let entry = try? memory.load(UInt64.self, at: address) else { return nil }
            let size = Int(entry >> 32 & 0xfffe)
            let wanted = min(size == 0 ? 0x10000 : size, byteCount - list.byteCount)
            guard list.append(entry & 0xffff_fffe, count: wanted, in: memory) else { return nil }
            let isLast = entry >> 63 != 0
            if isLast || list.byteCount == byteCount {
                return (list, isLast && wanted == (size == 0 ? 0x10000 : size))
            }
            address += 8
        }
        return (list, true)
    }
}
