import Board
import Glibc
import Linux
import Testbed
import Testing
import VirtualMachine

@testable import VMM

/// Full machines, whole: firmware, a disk, a boot sector of our own.
@Suite(.serialized) struct FullMachineTests {
    private let directory = TemporaryDirectory()

    /// Says 'R' and 'K' on the screen by the firmware of the VGA and its first byte of sector 2 on the serial line; the first
    /// time it writes to that sector and resets the machine, the second time it switches the machine off by ACPI.
    private static let bootSector: [UInt8] = [
        0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0,  // cli; xor %ax,%ax; %ds, %es, %ss
        0xbc, 0x00, 0x7c, 0xfb,  // mov $0x7c00,%sp; sti
        0x88, 0x16, 0x00, 0x7a,  // mov %dl,0x7a00
        0xb8, 0x52, 0x0e, 0x31, 0xdb, 0xcd, 0x10,  // mov $0x0e52,%ax; xor %bx,%bx; int $0x10
        0xb8, 0x4b, 0x0e, 0xcd, 0x10,  // mov $0x0e4b,%ax; int $0x10
        0xb8, 0x01, 0x02, 0xe8, 0x34, 0x00,  // mov $0x0201,%ax; call disk
        0xba, 0xf8, 0x03, 0xa0, 0x00, 0x7e, 0x04, 0x30, 0xee,  // mov $0x3f8,%dx; mov 0x7e00,%al; add $'0',%al; out
        0xfe, 0x06, 0x00, 0x7e,  // incb 0x7e00
        0x80, 0x3e, 0x00, 0x7e, 0x02, 0x73, 0x0f,  // cmpb $2,0x7e00; jae off
        0xb8, 0x01, 0x03, 0xe8, 0x1a, 0x00,  // mov $0x0301,%ax; call disk
        0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee,  // mov $0xcf9,%dx; mov $6,%al; out
        0xf4, 0xeb, 0xfd,  // 1: hlt; jmp 1b
        0xba, 0x04, 0x06, 0xed, 0x25, 0xff, 0xe3,  // off: mov $0x604,%dx; in; and $0xe3ff,%ax
        0x0d, 0x00, 0x20, 0x83, 0xc8, 0x00, 0xef,  // or $0x2000,%ax; or $0,%ax; out
        0xf4, 0xeb, 0xfd,  // 2: hlt; jmp 2b
        0xb9, 0x02, 0x00, 0x8a, 0x16, 0x00, 0x7a,  // disk: mov $2,%cx; mov 0x7a00,%dl
        0x30, 0xf6, 0xbb, 0x00, 0x7e, 0xcd, 0x13,  // xor %dh,%dh; mov $0x7e00,%bx; int $0x13
        0x72, 0x01, 0xc3,  // jc bad; ret
        0xba, 0x01, 0x05, 0xb0, 0x63, 0xee, 0xf4, 0xeb, 0xfd,  // bad: mov $0x501,%dx; mov $99,%al; out; 3: hlt; jmp 3b
    ]

    private func disk() throws -> String {
        let path = "\(directory.path)/disk"
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.replaceSubrange(..<Self.bootSector.count, with: Self.bootSector)
        bytes[510] = 0x55
        bytes[511] = 0xaa
        let file = try File.open(path, O_WRONLY | O_CREAT | O_TRUNC)
        try bytes.withUnsafeBytes { try file.writeAll($0) }
        return path
    }

    private func run(_ configuration: VMConfiguration) throws -> (machine: VMM.Machine, end: MachineEnd) {
        let machine = try VMM.Machine(configuration, cpu: .software)
        try machine.build()
        machine.lock.hold {
            let timeout = DeviceTimer { [unowned machine] in machine.end(.failed("overdue")) }
            machine.devices.append(timeout)
            machine.time.schedule(timeout, at: machine.time.now + 60_000_000_000)
        }
        return (machine, try machine.run())
    }

    private func text(_ console: Console, of machine: VMM.Machine) -> String {
        machine.lock.hold { String(decoding: console.recentOutput, as: UTF8.self) }
    }

    @Test(
        .enabled(if: File.exists(VMM.Machine.defaultFirmware), "SeaBIOS is not installed (package seabios)"),
        arguments: [VMConfiguration.Disk.Interface.auto, .ide])
    func firmwareStartsADisk(_ interface: VMConfiguration.Disk.Interface) throws {
        var configuration = VMConfiguration(name: "full")
        configuration.memory = 16 << 20
        configuration.virtualization = .full
        configuration.disks = [.init(path: try disk(), interface: interface)]
        let (machine, end) = try run(configuration)
        #expect(end == .poweredOff)
        #expect(text(machine.console, of: machine) == "01")
        #expect(text(machine.screen, of: machine).contains("RK"))
        // What firmware has put where systems look for it.
        let low = try machine.memory.guest.bytes(at: 0xe_0000, count: 0x2_0000)
        let pointer = try #require(find("RSD PTR ", low))
        #expect(low[pointer..<pointer + 36].reduce(0, &+) == 0)
        let tables = low[pointer + 24..<pointer + 32].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        #expect(try machine.memory.guest.bytes(at: tables, count: 4) == Array("XSDT".utf8))
        let entry = try #require(find("_SM_", low))
        #expect(low[entry..<entry + 31].reduce(0, &+) == 0)
        let place = low[entry + 24..<entry + 28].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let structures = try machine.memory.guest.bytes(at: place, count: 256)
        #expect(find("Rookery", structures) != nil && find("Bochs", structures) == nil)
    }

    /// Firmware's tables begin on 16-byte boundaries.
    private func find(_ words: String, _ bytes: [UInt8]) -> Int? {
        let wanted = Array(words.utf8)
        return (0..<bytes.count - wanted.count).first { bytes[$0] == wanted[0] && bytes[$0...].starts(with: wanted) }
    }

    /// Says how often it was started before; the first time it resets the machine, the second time it switches it off.
    private static let resetting: [UInt8] = [
        0xba, 0xf8, 0x03, 0x00, 0x00,  // mov $0x3f8,%edx
        0x8a, 0x04, 0x25, 0x00, 0x00, 0xf0, 0x01, 0x04, 0x30, 0xee,  // mov 0x1f00000,%al; add $'0',%al; out
        0xfe, 0x04, 0x25, 0x00, 0x00, 0xf0, 0x01,  // incb 0x1f00000
        0x80, 0x3c, 0x25, 0x00, 0x00, 0xf0, 0x01, 0x02, 0x73, 0x0c,  // cmpb $2,0x1f00000; jae 2f
        0xba, 0xf9, 0x0c, 0x00, 0x00, 0xb0, 0x06, 0xee,  // mov $0xcf9,%edx; mov $6,%al; out
        0xcc,  // int3: without an interrupt table a triple fault, which the reset is before
        0xf4, 0xeb, 0xfd,  // 1: hlt; jmp 1b
        0xba, 0x04, 0x06, 0x00, 0x00, 0xb8, 0x00, 0x20, 0x00, 0x00, 0x66, 0xef,  // 2: mov $0x604,%edx; mov $0x2000,%eax
        0xf4, 0xeb, 0xfd,  // 3: hlt; jmp 3b
    ]

    private func resettingKernel(_ virtualization: VMConfiguration.Virtualization) throws -> VMConfiguration {
        let path = "\(directory.path)/vmlinux"
        let file = try File.open(path, O_WRONLY | O_CREAT | O_TRUNC)
        try TestKernel.elf(code: Self.resetting).withUnsafeBytes { try file.writeAll($0) }
        var configuration = VMConfiguration(name: "resetting")
        configuration.memory = 32 << 20
        configuration.virtualization = virtualization
        configuration.kernel = path
        return configuration
    }

    /// A kernel without firmware, twice; port 0xcf9 resets with and without a PCI bus.
    @Test(arguments: [
        (VMConfiguration.Virtualization.full, VMConfiguration.Transport.pci), (.para, .pci), (.para, .mmio),
    ])
    func aResetStartsTheKernelAgain(
        _ virtualization: VMConfiguration.Virtualization, _ transport: VMConfiguration.Transport
    ) throws {
        var configuration = try resettingKernel(virtualization)
        configuration.transport = transport
        let (machine, end) = try run(configuration)
        #expect(end == .poweredOff)
        #expect(text(machine.console, of: machine) == "01")
    }

    @Test func aResetEndsTheMachineWhereItIsToldTo() throws {
        var configuration = try resettingKernel(.para)
        configuration.restarts = false
        let (machine, end) = try run(configuration)
        #expect(end == .reset)
        #expect(text(machine.console, of: machine) == "0")
    }
}
