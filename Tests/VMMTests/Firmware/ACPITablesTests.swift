import Linux
import Testbed
import Testing

@testable import VMM

/// The tables are judged by ACPICA's disassembler and compiler.
@Suite struct ACPITablesTests {
    private static func description() -> MachineDescription {
        var machine = MachineDescription()
        machine.processorCount = 4
        machine.hasHPET = true
        machine.hasKeyboard = true
        machine.configurationSpace = PhysicalLayout.pciConfiguration
        machine.pciLines = [16, 17, 18, 19]
        machine.memoryMappedDevices = [(PhysicalLayout.virtioMMIO.lowerBound, 5)]
        return machine
    }

    /// A machine without PCI, with as many devices in memory as there is room for; the last line is shared.
    private static func memoryMapped() -> MachineDescription {
        var machine = MachineDescription()
        machine.memoryMappedDevices = (0..<256).map {
            (PhysicalLayout.virtioMMIO.lowerBound + UInt64($0) * 0x1000, min(8 + $0, 23))
        }
        return machine
    }

    /// What ACPICA's disassembler makes of a table.
    private func disassembled(_ name: String, of machine: MachineDescription, _ directory: borrowing TemporaryDirectory)
        throws -> String
    {
        let table = try #require(ACPITables(machine).tables.first { $0.name == name })
        let path = "\(directory.path)/\(name).dat"
        try File.writeAtomically(path, table.bytes)
        let run = try ProgramRun(["iasl", "-d", path])
        #expect(run.status == 0, "\(name): \(run.all)")
        let errors = run.all.split(separator: "\n").filter { $0.contains("Error") || $0.contains("Warning") }
        #expect(errors.isEmpty, "\(name): \(errors)")
        return try File.readText("\(directory.path)/\(name).dsl")
    }

    @Test(.enabled(if: Machine.has("iasl"), "iasl (acpica-tools) is not installed"))
    func devicesInMemory() throws {
        let directory = TemporaryDirectory()
        let text = try disassembled("DSDT", of: Self.memoryMapped(), directory)
        #expect(!text.contains("PNP0A0") && !text.contains("0x0CF8"))
        // Device by device, as a kernel reads it: where it is, which line it has, and how the line speaks.
        let devices = text.split(separator: "Device (").filter { $0.contains("LNRO0005") }.map {
            String($0.filter { !$0.isWhitespace })
        }
        #expect(devices.count == 256)
        for (index, device) in devices.enumerated() {
            let place = String(0xfeb0_0000 + index * 0x1000, radix: 16, uppercase: true)
            #expect(device.contains("Memory32Fixed(ReadWrite,0x\(place),//AddressBase0x00001000,"), "\(device)")
            let sharing = index >= 15 ? "Shared" : "Exclusive"
            #expect(device.contains("Interrupt(ResourceConsumer,Level,ActiveHigh,\(sharing),,,)"), "\(device)")
            let line = String(min(8 + index, 23), radix: 16, uppercase: true)
            #expect(device.contains("{0x000000\(line.count == 1 ? "0" : "")\(line),}"), "\(device)")
        }
        let compiled = try ProgramRun(["iasl", "-p", "\(directory.path)/again", "\(directory.path)/DSDT.dsl"])
        #expect(compiled.all.contains("0 Errors"), "\(compiled.all)")
        // The reset works without PCI.
        #expect(try disassembled("FACP", of: Self.memoryMapped(), directory).contains("0000000000000CF9"))
    }

    @Test func everyTableHasItsLengthAndASumOfZero() {
        let tables = ACPITables(Self.description()).tables
        #expect(tables.map(\.name) == ["DSDT", "FACS", "FACP", "APIC", "MCFG", "HPET", "XSDT", "RSDP"])
        for table in tables where table.name != "FACS" && table.name != "RSDP" {
            #expect(table.bytes.reduce(0, &+) == 0, "\(table.name)")
            let length = table.bytes[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
            #expect(length == table.bytes.count, "\(table.name)")
        }
        let pointer = tables.last!.bytes
        #expect(pointer.count == 36 && pointer.reduce(0, &+) == 0 && pointer[..<20].reduce(0, &+) == 0)
    }

    @Test func tablesDoNotOverlap() {
        let tables = ACPITables(Self.description()).tables.sorted { $0.address < $1.address }
        for (one, next) in zip(tables, tables.dropFirst()) {
            #expect(one.address + UInt64(one.bytes.count) <= next.address, "\(one.name), \(next.name)")
        }
    }

    /// What the disassembler makes of the tables; the DSDT compiles again to the same bytes.
    @Test(.enabled(if: Machine.has("iasl"), "iasl (acpica-tools) is not installed"))
    func disassemblerUnderstandsThem() throws {
        let directory = TemporaryDirectory()
        for table in ACPITables(Self.description()).tables where table.name != "RSDP" {
            _ = try disassembled(table.name, of: Self.description(), directory)
        }
        let text = try File.readText("\(directory.path)/DSDT.dsl")
        for part in ["PNP0A08", "PNP0501", "LNRO0005", "QEMU0001", "PNP0B00", "_PRT", "0xC0000000", "_S5"] {
            #expect(text.contains(part), "\(part)")
        }
        let fixed = try File.readText("\(directory.path)/FACP.dsl")
        #expect(fixed.contains("0000000000000CF9"))
        let compiled = try ProgramRun(["iasl", "-p", "\(directory.path)/again", "\(directory.path)/DSDT.dsl"])
        #expect(compiled.all.contains("0 Errors"), "\(compiled.all)")
    }
}
