import Linux
import Testbed
import Testing

@testable import GuestImages

struct BootSectorTests {
    private static let modules = "/usr/lib/grub/i386-pc"

    /// grub-bios-setup needs a device; sfdisk and QEMU's firmware judge ours. Here: the partition table.
    @Test(.enabled(if: Machine.has("sfdisk") && File.exists(modules + "/boot.img"), "no sfdisk or no grub-pc-bin"))
    func partitionTable() throws {
        let directory = TemporaryDirectory()
        let bytes = try BootSector.sectors(
            boot: try File.read("\(Self.modules)/boot.img"), core: [UInt8](repeating: 1, count: 70001),
            partitionSectors: 30000, signature: 0x1234_5678)
        try File.writeAtomically(
            "\(directory.path)/disk", bytes + [UInt8](repeating: 0, count: 32048 * 512 - bytes.count))
        let run = try ProgramRun("sfdisk", "-d", "\(directory.path)/disk")
        #expect(run.output.contains("label-id: 0x12345678"), "\(run.all)")
        #expect(run.output.contains("start=        2048, size=       30000, type=83, bootable"), "\(run.all)")
        #expect(bytes.count == 512 + 137 * 512)
    }

    @Test func whatDoesNotFit() {
        var boot = [UInt8](repeating: 0, count: 512)
        #expect(throws: GuestImageError.self) {
            try BootSector.sectors(
                boot: boot, core: [UInt8](repeating: 0, count: 9999), partitionSectors: 1, signature: 1)
        }
        boot[510] = 0x55
        boot[511] = 0xaa
        #expect(throws: GuestImageError.self) {
            try BootSector.sectors(
                boot: boot, core: [UInt8](repeating: 0, count: 2 << 20), partitionSectors: 1, signature: 1)
        }
    }
}
