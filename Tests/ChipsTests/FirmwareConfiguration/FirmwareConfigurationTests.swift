import Board
import Testing

@testable import Chips

/// The steps of SeaBIOS's src/fw/paravirt.c.
@Suite struct FirmwareConfigurationTests {
    let ports = Ports()
    let ram = TestMemory()
    let firmware: FirmwareConfiguration

    init() {
        firmware = FirmwareConfiguration(memory: ram.memory)
        firmware.map(in: ports.space)
        firmware.addFile("etc/system-states", [128, 0, 0, 129, 128, 128])
        firmware.addFile("bootorder", Array("/rom@a\n\0".utf8))
        firmware.set(FirmwareConfiguration.Key.processorCount, UInt16(4))
    }

    func read(_ key: UInt16, _ count: Int) -> [UInt8] {
        ports.outw(0x510, key)
        return (0..<count).map { _ in ports.inb(0x511) }
    }

    /// Runs a transfer; the control word afterwards.
    func transfer(_ control: UInt32, length: UInt32, address: UInt64, descriptor: UInt64 = 0x1000) -> UInt32 {
        ram.put(control.byteSwapped, at: descriptor)
        ram.put(length.byteSwapped, at: descriptor + 4)
        ram.put(address.byteSwapped, at: descriptor + 8)
        ports.outl(0x518, UInt32(truncatingIfNeeded: descriptor).byteSwapped)
        return ram.get(UInt32.self, at: descriptor).byteSwapped
    }

    @Test func signatureAndInterface() {
        #expect(read(0, 5) == Array("QEMU".utf8) + [0])
        #expect(read(1, 4) == [3, 0, 0, 0])
        #expect(ports.inl(0x514) == 0x554d_4551)
        #expect(read(5, 3) == [4, 0, 0])
        #expect(read(0x4242, 2) == [0, 0])
    }

    @Test func directory() {
        let bytes = read(0x19, 4 + 2 * 64)
        #expect(Array(bytes.prefix(4)) == [0, 0, 0, 2])
        #expect(Array(bytes[4..<8]) == [0, 0, 0, 8])
        #expect(String(decoding: bytes[12..<21], as: UTF8.self) == "bootorder")
        let key = UInt16(bytes[72]) << 8 | UInt16(bytes[73])
        #expect(String(decoding: bytes[76..<93], as: UTF8.self) == "etc/system-states")
        #expect(read(key, 6) == [128, 0, 0, 129, 128, 128])
    }

    @Test func transfers() {
        ram.fill(0xcc, at: 0x2000, count: 16)
        // Select 0 and read past the end: zeros.
        #expect(transfer(0x0a, length: 6, address: 0x2000) == 0)
        #expect(ram.bytes(at: 0x2000, count: 7) == Array("QEMU".utf8) + [0, 0, 0xcc])
        // Skip, then read on.
        #expect(transfer(0x0c, length: 2, address: 0) == 0)
        #expect(transfer(0x02, length: 2, address: 0x2000) == 0)
        #expect(ram.bytes(at: 0x2000, count: 2) == Array("MU".utf8))
        // Not to where there is no memory, and nothing is written to what is read-only.
        #expect(transfer(0x0a, length: 4, address: 0xf_ffff_0000) == 1)
        #expect(transfer(0x18, length: 4, address: 0x2000) == 1)
        #expect(read(0, 4) == Array("QEMU".utf8))
        #expect(transfer(0x0a, length: .max, address: 0x2000) == 1)
    }

    @Test func writableFiles() {
        final class Seen { var bytes: [UInt8] = [] }
        let seen = Seen()
        firmware.addFile("etc/tpm/log", [0, 0, 0, 0]) { seen.bytes = $0 }
        let key = UInt32(firmware.files.first { $0.name == "etc/tpm/log" }!.key)
        ram.put([1, 2], at: 0x3000)
        #expect(transfer(key << 16 | 0x0c, length: 1, address: 0) == 0)
        #expect(transfer(0x10, length: 2, address: 0x3000) == 0)
        #expect(seen.bytes == [0, 1, 2, 0])
        #expect(firmware.file("etc/tpm/log") == [0, 1, 2, 0])
        #expect(transfer(0x10, length: 2, address: 0x3000) == 1)
    }

    @Test func descriptorOutsideOfMemory() {
        ports.outl(0x514, 0xffff_ffff)
        ports.outl(0x518, 0xffff_ffff)
        ports.space.write(0x514, size: 8, value: .max)
        #expect(read(0, 4) == Array("QEMU".utf8))
    }

    @Test func memoryMap() {
        firmware.setMemoryMap([
            FirmwareConfiguration.MemoryRange(address: 0, byteCount: 0x1000_0000, kind: .ram),
            FirmwareConfiguration.MemoryRange(address: 0xfeff_c000, byteCount: 0x4000, kind: .reserved),
        ])
        #expect(
            firmware.file("etc/e820")
                == [
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 1, 0, 0, 0,
                    0, 0xc0, 0xff, 0xfe, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0,
                ])
    }

    @Test func tableLoader() {
        var loader = TableLoader()
        loader.allocate("etc/acpi/rsdp", alignment: 16, zone: .lowest)
        loader.addPointer(in: "etc/acpi/rsdp", at: 24, byteCount: 8, to: "etc/acpi/tables")
        loader.addChecksum(in: "etc/acpi/rsdp", at: 8, of: 2..<20)
        let bytes = loader.bytes
        #expect(bytes.count == 3 * 128)
        #expect(Array(bytes[..<4]) == [1, 0, 0, 0])
        #expect(String(decoding: bytes[4..<17], as: UTF8.self) == "etc/acpi/rsdp" && bytes[17] == 0)
        #expect(Array(bytes[60..<66]) == [16, 0, 0, 0, 2, 0])
        #expect(bytes[128] == 2 && String(decoding: bytes[188..<203], as: UTF8.self) == "etc/acpi/tables")
        #expect(Array(bytes[244..<250]) == [24, 0, 0, 0, 8, 0])
        #expect(Array(bytes[316..<328]) == [8, 0, 0, 0, 2, 0, 0, 0, 18, 0, 0, 0])
    }
}
