import Glibc
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
            let path = "\(directory.path)/\(table.name).dat"
            let file = fopen(path, "w")!
            fwrite(table.bytes, 1, table.bytes.count, file)
            fclose(file)
            let run = try ProgramRun(["iasl", "-d", path])
            #expect(run.status == 0, "\(table.name): \(run.all)")
            let errors = run.all.split(separator: "\n").filter { $0.contains("Error") || $0.contains("Warning") }
            #expect(errors.isEmpty, "\(table.name): \(errors)")
        }
        let text = try ProgramRun(["cat", "\(directory.path)/DSDT.dsl"]).output
        for part in ["PNP0A08", "PNP0501", "LNRO0005", "QEMU0001", "PNP0B00", "_PRT", "0xC0000000", "_S5"] {
            #expect(text.contains(part), "\(part)")
        }
        let fixed = try ProgramRun(["cat", "\(directory.path)/FACP.dsl"]).output
        #expect(fixed.contains("0000000000000CF9"))
        let compiled = try ProgramRun(["iasl", "-p", "\(directory.path)/again", "\(directory.path)/DSDT.dsl"])
        #expect(compiled.all.contains("0 Errors"), "\(compiled.all)")
    }
}
