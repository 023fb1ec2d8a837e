import Testing

@testable import X86

@Suite("Page tables")
struct WalkTests {
    struct Rights: Sendable {
        var bits: Int
        var isWritable: Bool { bits & 1 != 0 }
        var isUserPage: Bool { bits & 2 != 0 }
        var isNoExecute: Bool { bits & 4 != 0 }
        var isUser: Bool { bits & 8 != 0 }
        var writeProtect: Bool { bits & 16 != 0 }
        var smep: Bool { bits & 32 != 0 }
        var smap: Bool { bits & 64 != 0 }
        var ignoresSMAP: Bool { bits & 128 != 0 }
    }

    /// The rules as the manual has them (Intel SDM volume 3, 4.6.1), one by one.
    private func mayAccess(_ access: AccessKind, _ r: Rights) -> Bool {
        if r.isUser {
            guard r.isUserPage else { return false }
            switch access {
            case .read: return true
            case .write: return r.isWritable
            case .fetch: return !r.isNoExecute
            }
        }
        if r.isUserPage {
            switch access {
            case .read: return !r.smap || r.ignoresSMAP
            case .write: return (!r.smap || r.ignoresSMAP) && (r.isWritable || !r.writeProtect)
            case .fetch: return !r.smep && !r.isNoExecute
            }
        }
        switch access {
        case .read: return true
        case .write: return r.isWritable || !r.writeProtect
        case .fetch: return !r.isNoExecute
        }
    }

    @Test("rights: each combination of page, privilege and control bits, with its error code")
    func rights() {
        let machine = TestMachine()
        let processor = machine.processor
        for bits in 0..<256 {
            let r = Rights(bits: bits)
            let entry: UInt64 =
                1 | (r.isWritable ? 2 : 0) | (r.isUserPage ? 4 : 0) | (r.isNoExecute ? PageTableEntry.noExecute : 0)
            machine.map(0x4000_0000, to: 0x3000, bits: entry)
            machine.cpu.set(
                StateLayout.cr0,
                ControlBit.protection | ControlBit.paging | (r.writeProtect ? ControlBit.writeProtect : 0))
            machine.cpu.set(
                StateLayout.cr4,
                ControlBit.physicalAddressExtension | (r.smep ? ControlBit.supervisorExecutionPrevention : 0)
                    | (r.smap ? ControlBit.supervisorAccessPrevention : 0))
            for access in [AccessKind.read, .write, .fetch] {
                let found = processor.walk(0x4000_0123, access, isUser: r.isUser, ignoresSMAP: r.ignoresSMAP)
                #expect((found != nil) == mayAccess(access, r), "\(access) \(r)")
                if let found {
                    #expect(found.physical == 0x3123)
                } else {
                    let code =
                        1 | (access == .write ? 2 : 0) | (r.isUser ? 4 : 0) | (access == .fetch ? 16 : 0) as UInt32
                    #expect(machine.cpu.get(StateLayout.exceptionErrorCode, as: UInt32.self) == code)
                    #expect(machine.cpu.get(StateLayout.cr2, as: UInt64.self) == 0x4000_0123)
                }
            }
        }
    }

    @Test("a read sets the accessed bit at each level, a write the dirty bit too")
    func accessedAndDirty() {
        let machine = TestMachine()
        machine.map(0x4000_0000, to: 0x3000)
        let tables = TestMachine.pageTables
        _ = machine.processor.walk(0x4000_0000, .read, isUser: false, ignoresSMAP: false)
        for location in [tables, tables + 0x1008, tables + 0x3000, tables + 0x4000] {
            #expect(machine.load(UInt64.self, at: location) & 0x60 == 0x20)
        }
        _ = machine.processor.walk(0x4000_0000, .write, isUser: false, ignoresSMAP: false)
        #expect(machine.load(UInt64.self, at: tables + 0x4000) & 0x60 == 0x60)
        #expect(machine.load(UInt64.self, at: tables + 0x3000) & 0x60 == 0x20)
    }

    @Test("not present, reserved bits, tables outside of RAM: page faults with their codes")
    func faults() {
        let machine = TestMachine()
        machine.map(0x4000_0000, to: 0x3000)
        #expect(machine.processor.walk(0x4000_1000, .write, isUser: true, ignoresSMAP: false) == nil)
        #expect(machine.cpu.get(StateLayout.exceptionErrorCode, as: UInt32.self) == 6)
        machine.map(0x4000_2000, to: 0x3000 | 1 << 50)
        #expect(machine.processor.walk(0x4000_2000, .read, isUser: false, ignoresSMAP: false) == nil)
        #expect(machine.cpu.get(StateLayout.exceptionErrorCode, as: UInt32.self) == 9)
        machine.store(UInt64(0x7fff_f000 | 7), at: TestMachine.pageTables + 0x1008)
        #expect(machine.processor.walk(0x4000_2000, .read, isUser: false, ignoresSMAP: false) == nil)
        #expect(machine.cpu.get(StateLayout.exceptionErrorCode, as: UInt32.self) == 0)
    }
}

extension Translation: CustomStringConvertible {
    public var description: String { "0x\(String(physical, radix: 16))" }
}
