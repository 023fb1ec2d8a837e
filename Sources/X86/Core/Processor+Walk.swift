import Board
import CX86

extension Processor {
    /// Physical addresses have this many bits: the reserved bits of page-table entries lie above.
    static let physicalAddressBits: UInt64 = 46

    /// Walks the page tables (Intel SDM volume 3, chapter 4), sets accessed and dirty bits.
    /// - Returns: nil: the page fault is recorded, with CR2.
    func walk(_ linear: UInt64, _ access: AccessKind, isUser: Bool, ignoresSMAP: Bool) -> Translation? {
        while true {
            switch walkOnce(linear, access, isUser: isUser, ignoresSMAP: ignoresSMAP) {
            case .found(let translation): return translation
            case .fault: return nil
            case .changed: continue
            }
        }
    }

    private enum Walk {
        case found(Translation)
        /// A page fault, recorded.
        case fault
        /// Another processor changed an entry that was to be marked.
        case changed
    }

    private func walkOnce(_ linear: UInt64, _ access: AccessKind, isUser: Bool, ignoresSMAP: Bool) -> Walk {
        let cr0: UInt64 = cpu.get(StateLayout.cr0)
        guard cr0 & ControlBit.paging != 0 else {
            return .found(
                Translation(
                    physical: linear & 0xffff_ffff, isWritable: true, isExecutable: true, isDirty: true,
                    isLarge: true))
        }
        let cr4: UInt64 = cpu.get(StateLayout.cr4)
        let cr3: UInt64 = cpu.get(StateLayout.cr3)
        let efer: UInt64 = cpu.get(StateLayout.efer)
        let entrySize: UInt64
        var table: UInt64
        var level: Int
        if efer & ControlBit.longModeActive != 0 {
            (entrySize, table, level) = (8, cr3 & PageTableEntry.address, 4)
        } else if cr4 & ControlBit.physicalAddressExtension != 0 {
            (entrySize, table, level) = (8, cr3 & 0xffff_ffe0, 3)
        } else {
            (entrySize, table, level) = (4, cr3 & 0xffff_f000, 2)
        }
        let noExecuteEnabled = efer & ControlBit.noExecuteEnable != 0 && entrySize == 8
        let indexBits: UInt64 = entrySize == 8 ? 9 : 10
        let isPDPT32 = entrySize == 8 && level == 3
        var writable = true
        var user = true
        var executable = true
        var code: UInt32 = access == .write ? PageFaultCode.write : 0
        if isUser { code |= PageFaultCode.user }
        if access == .fetch, noExecuteEnabled || cr4 & ControlBit.supervisorExecutionPrevention != 0 {
            code |= PageFaultCode.fetch
        }

        while true {
            let shift = 12 + UInt64(level - 1) * indexBits
            let index = linear >> shift & (1 << indexBits - 1)
            let location = table &+ index * entrySize
            guard let (host, flagPage, _) = memory.find(location) else {
                return pageFault(linear, code)
            }
            let entry = entrySize == 8 ? host.load(as: UInt64.self) : UInt64(host.load(as: UInt32.self))
            guard entry & PageTableEntry.present != 0 else { return pageFault(linear, code) }
            let isTopOfPAE = isPDPT32 && level == 3
            let isLarge =
                entry & PageTableEntry.large != 0 && level > 1 && !isTopOfPAE
                && (entrySize == 8 || cr4 & ControlBit.pageSizeExtensions != 0)
            if hasReservedBits(
                entry, level: level, isLarge: isLarge, entrySize: entrySize, isTopOfPAE: isTopOfPAE,
                noExecuteEnabled: noExecuteEnabled)
            {
                return pageFault(linear, code | PageFaultCode.present | PageFaultCode.reserved)
            }
            if !isTopOfPAE {
                writable = writable && entry & PageTableEntry.writable != 0
                user = user && entry & PageTableEntry.user != 0
                executable = executable && !(noExecuteEnabled && entry & PageTableEntry.noExecute != 0)
            }
            guard level == 1 || isLarge else {
                if entry & PageTableEntry.accessed == 0, !isTopOfPAE,
                    !mark(host, entry, PageTableEntry.accessed, entrySize, page: flagPage)
                {
                    return .changed
                }
                table = entry & (entrySize == 8 ? PageTableEntry.address : 0xffff_f000)
                level -= 1
                continue
            }
            // The page itself: rights, then accessed and dirty.
            let mayWrite = writable || (!isUser && cr0 & ControlBit.writeProtect == 0)
            var isAllowed =
                switch access {
                case .read: true
                case .write: mayWrite
                case .fetch: executable
                }
            if isUser {
                isAllowed = isAllowed && user
            } else if user {
                if access == .fetch {
                    isAllowed = isAllowed && cr4 & ControlBit.supervisorExecutionPrevention == 0
                } else if cr4 & ControlBit.supervisorAccessPrevention != 0, !ignoresSMAP {
                    isAllowed = false
                }
            }
            guard isAllowed else { return pageFault(linear, code | PageFaultCode.present) }
            var bits = PageTableEntry.accessed
            if access == .write { bits |= PageTableEntry.dirty }
            if entry & bits != bits, !mark(host, entry, bits, entrySize, page: flagPage) { return .changed }
            let offsetMask = UInt64(1) << shift - 1
            var base = entry & (entrySize == 8 ? PageTableEntry.address : 0xffff_f000) & ~offsetMask
            if entrySize == 4, isLarge { base |= (entry >> 13 & 0xff) << 32 }
            return .found(
                Translation(
                    physical: base | linear & offsetMask, isWritable: mayWrite,
                    isExecutable: executable
                        && (isUser || !user || cr4 & ControlBit.supervisorExecutionPrevention == 0),
                    isDirty: access == .write || entry & PageTableEntry.dirty != 0, isLarge: isLarge))
        }
    }

    private func hasReservedBits(
        _ entry: UInt64, level: Int, isLarge: Bool, entrySize: UInt64, isTopOfPAE: Bool, noExecuteEnabled: Bool
    ) -> Bool {
        guard entrySize == 8 else { return isLarge && entry & 0x0020_0000 != 0 }
        if entry & (PageTableEntry.address & ~(1 << Processor.physicalAddressBits - 1)) != 0 { return true }
        if isTopOfPAE { return entry & 0x1e6 != 0 || entry >> 63 != 0 }
        if entry & PageTableEntry.noExecute != 0, !noExecuteEnabled { return true }
        if level == 4, entry & PageTableEntry.large != 0 { return true }
        if isLarge {
            let shift = 12 + UInt64(level - 1) * 9
            // Bit 12 is the PAT's; those from 13 up to the page's size are zero.
            return entry & (1 << shift - 1) & ~0x1fff != 0
        }
        return false
    }

    /// Sets accessed and dirty bits of an entry, if it still is what was read: an entry that another processor has taken away
    /// meanwhile must stay empty.
    /// - Returns: false: it has changed.
    private func mark(
        _ host: UnsafeMutableRawPointer, _ entry: UInt64, _ bits: UInt64, _ entrySize: UInt64, page: Int
    ) -> Bool {
        let isUnchanged =
            if entrySize == 8 {
                cx86_compare_exchange64(host, entry, entry | bits) == entry
            } else {
                cx86_compare_exchange32(host, UInt32(entry), UInt32(entry | bits)) == UInt32(entry)
            }
        if memory.flags[page] & PageFlags.isLogged != 0 { memory.setFlags(PageFlags.dirty, page: page) }
        return isUnchanged
    }

    private func pageFault(_ linear: UInt64, _ code: UInt32) -> Walk {
        cpu.set(StateLayout.cr2, linear)
        _ = cpu.fault(.pageFault, code)
        return .fault
    }
}
