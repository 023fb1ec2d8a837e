import Board
import Linux
import Virtio

@testable import VMM

/// A small guest without PCI, with one virtio device in memory that the test sets up in its driver's place; its queues lie
/// where `VirtioGuest` has them.
final class MemoryMappedGuest {
    static let registers = PhysicalLayout.virtioMMIO.lowerBound

    let guest: SmallGuest
    private let device: any VirtioDevice

    init(_ guest: SmallGuest, _ device: any VirtioDevice) throws {
        self.guest = guest
        self.device = device
        let machine = guest.machine
        try machine.lock.hold { () throws(any Error) in try machine.addInMemory(device, guest.wiring) }
    }

    /// Accesses that no processor makes, and no count shows. With the device lock held.
    func write(_ offset: UInt64, _ value: UInt64) {
        guest.machine.bus.addresses.write(Self.registers + offset, size: 4, value: value)
    }
    func read(_ offset: UInt64) -> UInt64 { guest.machine.bus.addresses.read(Self.registers + offset, size: 4) }

    /// What drivers do, up to the queues. With the device lock held.
    func negotiate() {
        write(0x70, 3)
        write(0x24, 1)
        write(0x20, 1)
        write(0x70, 0xb)
    }

    func enable(queue: UInt64, isWritable: Bool) throws {
        let base = try VirtioGuest.layOut(queue: queue, isWritable: isWritable, in: guest.memory)
        write(0x30, queue)
        write(0x38, 8)
        for (offset, address) in [(0x80 as UInt64, base), (0x90, base + 0x1000), (0xa0, base + 0x2000)] {
            write(offset, address)
            write(offset + 4, 0)
        }
        write(0x44, 1)
    }

    func begin() { write(0x70, 0xf) }

    func usedIndex(queue: UInt64) throws -> UInt16 {
        try guest.load(at: VirtioGuest.descriptors + queue * 0x1_0000 + 0x2002)
    }

    var counts: (exits: Int, notifications: Int) { VirtioGuest.counts(of: device.name, guest.machine) }
}
