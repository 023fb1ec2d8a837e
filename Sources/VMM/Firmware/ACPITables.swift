import Board
import Chips

/// A machine's ACPI tables, for kernels that are started without firmware (and for firmware to hand on).
public struct ACPITables {
    /// Each table by its signature, in the order in which they lie.
    private(set) var tables: [(name: String, address: UInt64, bytes: [UInt8])] = []
    /// Where the root pointer (RSDP) is.
    public let rootPointer: UInt64

    /// - Parameter address: where the tables are to lie; the root pointer comes first.
    public init(_ machine: MachineDescription, at address: UInt64 = PhysicalLayout.firmwareTables) {
        rootPointer = address
        var next = address + 0x40
        var placed: [(name: String, address: UInt64, bytes: [UInt8])] = []
        func place(_ name: String, _ table: ACPITable) -> UInt64 {
            let start = next
            placed.append((name, start, table.bytes))
            next = (next + UInt64(table.bytes.count) + 63) & ~63
            return start
        }
        let dsdt = place("DSDT", Self.differentiatedDescription(machine))
        // The FACS has neither header nor checksum.
        let facs = next
        placed.append(("FACS", facs, Self.firmwareControl))
        next += 64
        var roots = [place("FACP", Self.fixedDescription(machine, dsdt: dsdt, facs: facs))]
        roots.append(place("APIC", Self.interruptControllers(machine)))
        if let space = machine.configurationSpace { roots.append(place("MCFG", Self.configurationSpace(space))) }
        if machine.hasHPET { roots.append(place("HPET", Self.highPrecisionTimer)) }
        let xsdt = place("XSDT", ACPITable("XSDT", revision: 1, body: roots.flatMap { AML.little($0) }))
        placed.append(("RSDP", address, Self.pointer(xsdt: xsdt)))
        precondition(next <= PhysicalLayout.firmwareTablesEnd || address >= PhysicalLayout.firmwareTablesEnd)
        tables = placed
    }

    /// The root pointer's bytes, for firmware that puts it where it likes.
    var rootPointerBytes: [UInt8] { tables.last?.bytes ?? [] }

    /// Writes all tables to a machine's memory.
    public func write(to memory: GuestMemory) throws(GuestMemoryError) {
        for table in tables { try memory.write(table.bytes, at: table.address) }
    }

    // MARK: The tables

    /// RSDP, revision 2 (5.2.5.3).
    private static func pointer(xsdt: UInt64) -> [UInt8] {
        var bytes = Array("RSD PTR ".utf8) + [0] + Array("ROOKRY".utf8) + [2]
        bytes += AML.little(UInt32(0)) + AML.little(UInt32(36)) + AML.little(xsdt) + [0, 0, 0, 0]
        bytes[8] = ACPITable.checksum(bytes[..<20])
        bytes[32] = ACPITable.checksum(bytes)
        return bytes
    }

    /// FACS (5.2.10): no global lock held, no waking vector.
    private static let firmwareControl: [UInt8] =
        Array("FACS".utf8) + AML.little(UInt32(64)) + [UInt8](repeating: 0, count: 24) + [2]
        + [UInt8](repeating: 0, count: 31)

    /// FADT (5.2.9), 6.1.
    private static func fixedDescription(_ machine: MachineDescription, dsdt: UInt64, facs: UInt64) -> ACPITable {
        var body = [UInt8](repeating: 0, count: 276 - ACPITable.headerByteCount)
        /// `offset` as the specification has it, from the table's start.
        func put<T: FixedWidthInteger>(_ value: T, _ offset: Int) {
            for (index, byte) in AML.little(value).enumerated() {
                body[offset - ACPITable.headerByteCount + index] = byte
            }
        }
        /// A generic address structure (5.2.3.2) of an I/O port; `access`: 1 byte, 2 word, 3 double word.
        func putPort(_ port: UInt16, bits: UInt8, access: UInt8, _ offset: Int) {
            put(UInt8(1), offset)
            put(bits, offset + 1)
            put(access, offset + 3)
            put(UInt64(port), offset + 4)
        }
        let base = machine.powerManagementPort
        typealias Register = PowerManagement.Register
        put(UInt32(truncatingIfNeeded: facs), 36)
        put(UInt32(truncatingIfNeeded: dsdt), 40)
        put(UInt16(machine.systemControlLine), 46)
        put(UInt32(PowerManagement.commandPort), 48)
        put(PowerManagement.enableCommand, 52)
        put(PowerManagement.disableCommand, 53)
        put(UInt32(base) + UInt32(Register.eventStatus), 56)
        put(UInt32(base) + UInt32(Register.control), 64)
        put(UInt32(base) + UInt32(Register.timer), 76)
        put(UInt32(base) + UInt32(Register.generalEvents), 80)
        // PM1_EVT_LEN, PM1_CNT_LEN, PM_TMR_LEN, GPE0_BLK_LEN.
        put(UInt8(4), 88)
        put(UInt8(2), 89)
        put(UInt8(4), 91)
        put(UInt8(Register.generalEventsByteCount), 92)
        // No C2, no C3.
        put(UInt16(0x0fff), 96)
        put(UInt16(0x0fff), 98)
        // The clock's century register.
        if machine.hasClock { put(UInt8(0x32), 108) }
        // IAPC_BOOT_ARCH: legacy devices; keyboard controller; no VGA; no clock.
        put(
            UInt16(
                (machine.hasLegacyChips ? 1 : 0) | (machine.hasKeyboard ? 2 : 0) | (machine.hasVGA ? 0 : 4)
                    | (machine.hasClock ? 0 : 0x20)), 109)
        // WBINVD works; PROC_C1; SLP_BUTTON is none; RESET_REG_SUP; APIC destination modes are free.
        put(UInt32(1 | 1 << 2 | 1 << 5 | 1 << 10), 112)
        putPort(ResetControl.port, bits: 8, access: 1, 116)
        put(ResetControl.resetValue, 128)
        put(UInt8(1), 131)
        put(facs, 132)
        put(dsdt, 140)
        putPort(base + UInt16(Register.eventStatus), bits: 32, access: 2, 148)
        putPort(base + UInt16(Register.control), bits: 16, access: 2, 172)
        putPort(base + UInt16(Register.timer), bits: 32, access: 3, 208)
        putPort(
            base + UInt16(Register.generalEvents), bits: UInt8(Register.generalEventsByteCount * 8), access: 1, 220)
        return ACPITable("FACP", revision: 6, body: body)
    }

    /// MADT (5.2.12).
    private static func interruptControllers(_ machine: MachineDescription) -> ACPITable {
        var body = AML.little(UInt32(PhysicalLayout.localAPIC)) + AML.little(UInt32(machine.hasLegacyChips ? 1 : 0))
        for number in 0..<machine.processorCount {
            body += [0, 8, UInt8(number), UInt8(number)] + AML.little(UInt32(1))
        }
        body += [1, 12, 0, 0] + AML.little(UInt32(PhysicalLayout.ioAPIC)) + AML.little(UInt32(0))
        // The timer's line is the I/O APIC's second input, as on every PC.
        body += [2, 10, 0, 0] + AML.little(UInt32(2)) + AML.little(UInt16(0))
        // The system control interrupt: active high, level.
        body += [2, 10, 0, UInt8(machine.systemControlLine)] + AML.little(UInt32(machine.systemControlLine))
        body += AML.little(UInt16(0x000d))
        // NMI: every processor's LINT1.
        body += [4, 6, 0xff, 0, 0, 1]
        return ACPITable("APIC", revision: 3, body: body)
    }

    /// MCFG (PCI Firmware Specification 3.0, 4.1.2).
    private static func configurationSpace(_ address: UInt64) -> ACPITable {
        let body =
            [UInt8](repeating: 0, count: 8) + AML.little(address) + AML.little(UInt16(0))
            + [0, 255] + AML.little(UInt32(0))
        return ACPITable("MCFG", revision: 1, body: body)
    }

    /// HPET (IA-PC HPET specification, 3.2.4): three comparators, 64 bits, Intel.
    private static var highPrecisionTimer: ACPITable {
        let body =
            AML.little(UInt32(0x8086_a201)) + [0, 64, 0, 0] + AML.little(PhysicalLayout.hpet) + [0]
            + AML.little(UInt16(0x80)) + [0]
        return ACPITable("HPET", revision: 1, body: body)
    }
}
