import Board
import Glibc
import Linux
import Testbed
import Testing

@testable import VMM

/// What only KVM has: eventfds in the kernel. And what is said where it is missing.
@Suite(.serialized) struct KVMTests {
    @Test func absenceIsExplained() throws {
        let missing = try #require(throws: SystemError.self) { _ = try KVM(path: "/nonexistent/kvm") }
        #expect(missing.description.contains("kvm_intel or kvm_amd"), "\(missing)")
        #expect(missing.description.contains("--cpu software"))
        let other = try #require(throws: SystemError.self) { _ = try KVM(path: "/dev/null") }
        #expect(other.description.contains("/dev/null"), "\(other)")
    }

    /// The group that may use the device is named; a file without rights stands for it.
    @Test(.enabled(if: !Machine.isRoot, "root may open everything"))
    func missingRightsNameTheGroup() throws {
        let directory = TemporaryDirectory()
        try File.write("\(directory.path)/kvm", "", mode: 0o000)
        let error = try #require(throws: SystemError.self) { _ = try KVM(path: "\(directory.path)/kvm") }
        #expect(error.description.contains("join the group"), "\(error)")
    }

    /// Writes of 7 ring an eventfd without leaving the kernel; writes of 8 come to the device.
    @Test(.enabled(if: SmallGuest.hasKVM, "no /dev/kvm for us")) func writesRingAnEventfd() throws {
        let guest = try SmallGuest(
            .kvm, .long,
            [
                0xbf, 0x00, 0x10, 0x00, 0xd0,  // mov $0xd0001000,%edi
                0xb9, 0x03, 0x00, 0x00, 0x00,  // mov $3,%ecx
                0xc7, 0x07, 0x07, 0x00, 0x00, 0x00,  // 2: movl $7,(%rdi)
                0xc7, 0x07, 0x08, 0x00, 0x00, 0x00,  // movl $8,(%rdi)
                0xe2, 0xf2,  // loop 2b
                0xba, 0x00, 0x06, 0x00, 0x00,  // mov $0x600,%edx
                0xee,  // out %al,(%dx)
                0xeb, 0xfe,  // 1: jmp 1b
            ])
        let event = try EventDescriptor()
        #expect(
            guest.machine.backEnd.tieWrites(
                to: event.rawValue, address: 0xd000_1000, size: 4, value: 7, isAttached: true))
        _ = guest.run()
        #expect(event.drain() == 3)
        #expect(guest.device.accesses.map(\.value) == [8, 8, 8])
        #expect(
            guest.machine.backEnd.tieWrites(
                to: event.rawValue, address: 0xd000_1000, size: 4, value: 7, isAttached: false))
    }

    /// An eventfd raises an interrupt without any thread of ours.
    @Test(.enabled(if: SmallGuest.hasKVM, "no /dev/kvm for us")) func eventfdInterrupts() throws {
        let kvm = try KVM()
        let machine = try kvm.makeMachine()
        try machine.setReservedPages(at: PhysicalLayout.kernelReserved)
        try machine.makeInterruptControllers()
        let event = try EventDescriptor()
        try machine.setRoutes(KVMMachine.standardRoutes + [.message(gsi: 30, address: 0xfee0_0000, data: 0x41)])
        try machine.attachInterrupt(event.rawValue, gsi: 30)
        // Nobody listens yet, and that is no error.
        event.signal()
        try machine.detachInterrupt(event.rawValue, gsi: 30)
        #expect(throws: SystemError.self) { try machine.attachInterrupt(-1, gsi: 30) }
    }

    @Test(.enabled(if: SmallGuest.hasKVM, "no /dev/kvm for us")) func clockCanBeSet() throws {
        let machine = try KVM().makeMachine()
        try machine.setClock(5_000_000_000)
        let now = try machine.clock()
        #expect(now >= 5_000_000_000 && now < 15_000_000_000)
    }
}
