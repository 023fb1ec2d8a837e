import Board
import Linux
import Virtio

@testable import VMM

/// A small guest with one virtio device on a PCI bus, which the test sets up in its driver's place: registers at 0xc0000000,
/// MSI-X table at 0xc0010000; queue q's descriptors at 0x100000 + q * 0x10000, and 0x1000 and 0x2000 from there its rings.
final class VirtioGuest {
    static let registers: UInt64 = 0xc000_0000
    static let notify: UInt64 = 0xc000_3000
    static let table: UInt64 = 0xc001_0000
    static let descriptors: UInt64 = 0x10_0000
    static let buffer: UInt64 = 0x20_0000

    let guest: SmallGuest
    let function: PCIFunction

    init(_ guest: SmallGuest, _ device: any VirtioDevice) throws {
        self.guest = guest
        let machine = guest.machine
        let bus = PCIBus(
            memory: machine.bus.addresses, ports: machine.bus.ports, interruptMessages: machine.backEnd)
        machine.devices.append(bus)
        machine.lock.lock()
        defer { machine.lock.unlock() }
        try machine.add(device, to: bus)
        function = bus.functions[0]
        place(Self.registers)
        function.writeConfiguration(0x14, size: 4, value: UInt32(Self.table))
        setDecoding(true)
    }

    func place(_ address: UInt64) {
        function.writeConfiguration(0x20, size: 4, value: UInt32(address))
        function.writeConfiguration(0x24, size: 4, value: 0)
    }

    /// Whether the device answers at its addresses, and may send messages.
    func setDecoding(_ isOn: Bool) { function.writeConfiguration(4, size: 2, value: isOn ? 6 : 0) }

    /// A write that no processor makes, and no count shows. With the device lock held.
    func write(_ address: UInt64, _ size: Int, _ value: UInt64) {
        guest.machine.bus.addresses.write(address, size: size, value: value)
    }

    /// What drivers do, up to the queues. With the device lock held.
    func negotiate() {
        let common = Self.registers
        write(common + 0x14, 1, 3)
        write(common + 0x08, 4, 1)
        write(common + 0x0c, 4, 1)
        write(common + 0x14, 1, 0xb)
    }

    /// Eight buffers of 64 bytes, in the available ring's order; the guest has yet to say that they are there.
    /// - Returns: where the queue is.
    static func layOut(queue: UInt64, isWritable: Bool, in memory: GuestMemory) throws -> UInt64 {
        let base = descriptors + queue * 0x1_0000
        for index in 0..<UInt64(8) {
            try memory.store(buffer + queue * 0x1000 + index * 64, at: base + index * 16)
            try memory.store(64 | (isWritable ? 2 : 0) << 32, at: base + index * 16 + 8)
            try memory.store(UInt16(index), at: base + 0x1004 + index * 2)
        }
        return base
    }

    func enable(queue: UInt64, vector: UInt64, isWritable: Bool) throws {
        let common = Self.registers
        let base = try Self.layOut(queue: queue, isWritable: isWritable, in: guest.memory)
        write(common + 0x16, 2, queue)
        write(common + 0x18, 2, 8)
        write(common + 0x1a, 2, vector)
        write(common + 0x20, 8, base)
        write(common + 0x28, 8, base + 0x1000)
        write(common + 0x30, 8, base + 0x2000)
        write(common + 0x1c, 2, 1)
    }

    func begin() { write(Self.registers + 0x14, 1, 0xf) }

    func setMessage(vector: UInt64, data: UInt64, isMasked: Bool = false) {
        write(Self.table + vector * 16, 8, 0xfee0_0000)
        write(Self.table + vector * 16 + 8, 8, data | (isMasked ? 1 : 0) << 32)
    }

    /// A masked vector's interrupt waits.
    func isPending(vector: UInt64) -> Bool {
        guest.machine.bus.addresses.read(Self.table + 2048, size: 4) & 1 << vector != 0
    }

    func enableMessages() {
        var offset = Int(function.readConfiguration(0x34, size: 1))
        while offset != 0, function.readConfiguration(offset, size: 1) != 0x11 {
            offset = Int(function.readConfiguration(offset + 1, size: 1))
        }
        function.writeConfiguration(offset + 2, size: 2, value: 0x8000)
    }

    func usedIndex(queue: UInt64) throws -> UInt16 {
        try guest.load(at: Self.descriptors + queue * 0x1_0000 + 0x2002)
    }

    var counts: (exits: Int, notifications: Int) { Self.counts(of: function.name, guest.machine) }

    /// Accesses by the guest to a device, and notifications that did not leave it.
    static func counts(of name: String, _ machine: Machine) -> (exits: Int, notifications: Int) {
        let rows = machine.lock.hold { machine.bus.exitCounts }.filter { $0.device.hasPrefix(name) }
        let notified = rows.filter { $0.device.hasSuffix("notified without an exit") }
        let exits = rows.reduce(0) { $0 + $1.writes + $1.reads } - notified.reduce(0) { $0 + $1.writes }
        return (exits, notified.reduce(0) { $0 + $1.writes })
    }
}
