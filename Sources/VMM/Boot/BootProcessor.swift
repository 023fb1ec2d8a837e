import Board

/// The first processor's state where a kernel is entered without firmware, and what that state needs in memory.
enum BootProcessor {
    /// Selectors that Linux's 64-bit protocol asks for (__BOOT_CS, __BOOT_DS), and 32-bit code for PVH.
    static let code: UInt16 = 0x10
    static let data: UInt16 = 0x18
    static let code32: UInt16 = 0x20
    static let task: UInt16 = 0x28

    /// Paging on, the first 4 GB mapped one to one; interrupts off.
    static func longMode(_ memory: GuestMemory) throws(GuestMemoryError) -> ProcessorState {
        var state = try flat(memory)
        state[.cs] = .code64(code)
        state.cr0 |= 0x8000_0000
        state.cr3 = PhysicalLayout.pageTables
        state.cr4 = 0x20
        // LME, LMA.
        state.efer = 0x500
        try writePageTables(memory)
        return state
    }

    /// 32-bit, without paging.
    static func protectedMode(_ memory: GuestMemory) throws(GuestMemoryError) -> ProcessorState {
        var state = try flat(memory)
        state[.cs] = .code32(code32)
        return state
    }

    private static func flat(_ memory: GuestMemory) throws(GuestMemoryError) -> ProcessorState {
        let table: [UInt64] = [
            0, 0, 0x00af_9b00_0000_ffff, 0x00cf_9300_0000_ffff, 0x00cf_9b00_0000_ffff, 0x008f_8b00_0000_ffff, 0,
        ]
        for (index, descriptor) in table.enumerated() {
            try memory.store(descriptor, at: PhysicalLayout.globalDescriptors + UInt64(index) * 8)
        }
        var state = ProcessorState()
        state.globalDescriptors = .init(base: PhysicalLayout.globalDescriptors, limit: UInt16(table.count * 8 - 1))
        state.interruptDescriptors = .init()
        for segment in [ProcessorState.SegmentNumber.es, .ss, .ds, .fs, .gs] { state[segment] = .data(data) }
        state.task = .init(selector: task, limit: 0xfffff, attributes: 0x808b)
        // PE, ET, NE.
        state.cr0 = 0x31
        state[.rsp] = PhysicalLayout.bootStackTop
        state[.rbp] = PhysicalLayout.bootStackTop
        return state
    }

    private static func writePageTables(_ memory: GuestMemory) throws(GuestMemoryError) {
        let top = PhysicalLayout.pageTables
        let pointers = top + 0x1000
        let directories = top + 0x2000
        try memory.write([UInt8](repeating: 0, count: 0x2000), at: top)
        // Present, writable.
        try memory.store(pointers | 3, at: top)
        for gigabyte in 0..<UInt64(4) {
            try memory.store((directories + gigabyte * 0x1000) | 3, at: pointers + gigabyte * 8)
        }
        for page in 0..<UInt64(2048) {
            // Present, writable, 2 MB.
            try memory.store(page << 21 | 0x83, at: directories + page * 8)
        }
    }
}
