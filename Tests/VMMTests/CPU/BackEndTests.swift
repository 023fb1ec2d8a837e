import Board
import Chips
import Glibc
import Linux
import Testing
import VirtualMachine

@testable import VMM

/// The same guests on every back end: real, protected and long mode; memory, ports, devices; interrupts; the dirty log.
@Suite(.serialized) struct BackEndTests {
    @Test(arguments: SmallGuest.backEnds)
    func realMode(_ cpu: CPUKind) throws {
        let guest = try SmallGuest(
            cpu, .real,
            [
                0xb8, 0x34, 0x12,  // mov $0x1234,%ax
                0x83, 0xc0, 0x01,  // add $1,%ax
                0xa3, 0x00, 0x80,  // mov %ax,0x8000
                0xba, 0x10, 0x05,  // mov $0x510,%dx
                0xef,  // out %ax,(%dx)
                0x42, 0x42,  // inc %dx; inc %dx
                0xec,  // in (%dx),%al
                0xa2, 0x02, 0x80,  // mov %al,0x8002
                0xba, 0x00, 0x06,  // mov $0x600,%dx
                0xee,  // out %al,(%dx)
                0xeb, 0xfe,  // 1: jmp 1b
            ])
        #expect(guest.run() == .exited(0xa2))
        #expect(
            guest.device.accesses == [
                .init(offset: 0x10, size: 2, value: 0x1235), .init(offset: 0x12, size: 1, value: nil),
            ])
        #expect(try guest.load(UInt32.self, at: 0x8000) == 0x00a2_1235)
    }

    @Test(arguments: SmallGuest.backEnds)
    func protectedModeWithDevicesAndStrings(_ cpu: CPUKind) throws {
        let guest = try SmallGuest(
            cpu, .protected,
            [
                0xbf, 0x00, 0x00, 0x00, 0xd0,  // mov $0xd0000000,%edi
                0xc7, 0x07, 0x44, 0x33, 0x22, 0x11,  // movl $0x11223344,(%edi)
                0xc6, 0x47, 0x05, 0x55,  // movb $0x55,5(%edi)
                0x8b, 0x47, 0x08,  // mov 8(%edi),%eax
                0xa3, 0x00, 0x80, 0x00, 0x00,  // mov %eax,0x8000
                0x0f, 0xb7, 0x4f, 0x0c,  // movzwl 12(%edi),%ecx
                0xbe, 0x10, 0x80, 0x00, 0x00,  // mov $0x8010,%esi
                0xba, 0x10, 0x05, 0x00, 0x00,  // mov $0x510,%edx
                0xb9, 0x03, 0x00, 0x00, 0x00,  // mov $3,%ecx
                0xfc, 0xf3, 0x6e,  // cld; rep outsb
                0xba, 0x00, 0x06, 0x00, 0x00,  // mov $0x600,%edx
                0xee,  // out %al,(%dx)
                0xeb, 0xfe,  // 1: jmp 1b
            ])
        try guest.memory.write([1, 2, 3], at: 0x8010)
        #expect(guest.run() == .exited(0xa8))
        #expect(
            guest.device.accesses == [
                .init(offset: 0, size: 4, value: 0x1122_3344), .init(offset: 5, size: 1, value: 0x55),
                .init(offset: 8, size: 4, value: nil), .init(offset: 12, size: 2, value: nil),
                .init(offset: 0x10, size: 1, value: 1), .init(offset: 0x10, size: 1, value: 2),
                .init(offset: 0x10, size: 1, value: 3),
            ])
        #expect(try guest.load(UInt32.self, at: 0x8000) == 0x0403_02a8)
        let counts = guest.machine.lock.hold { guest.machine.bus.exitCounts }
        let recorder = counts.first { $0.device == "recorder" }
        #expect(recorder?.reads == 2 && recorder?.writes == 5)
    }

    @Test(arguments: SmallGuest.backEnds)
    func longMode(_ cpu: CPUKind) throws {
        let guest = try SmallGuest(
            cpu, .long,
            [
                0xbf, 0x00, 0x00, 0x00, 0xd0,  // mov $0xd0000000,%edi
                0x48, 0xb8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,  // movabs $0x1122334455667788,%rax
                0x48, 0x89, 0x07,  // mov %rax,(%rdi)
                0x48, 0x8b, 0x5f, 0x08,  // mov 8(%rdi),%rbx
                0x48, 0x6b, 0xdb, 0x03,  // imul $3,%rbx,%rbx
                0x48, 0x89, 0x1c, 0x25, 0x00, 0x80, 0x00, 0x00,  // mov %rbx,0x8000
                0xb9, 0x64, 0x00, 0x00, 0x00,  // mov $100,%ecx
                0x31, 0xc0,  // xor %eax,%eax
                0x48, 0x01, 0xc8,  // 2: add %rcx,%rax
                0xe2, 0xfb,  // loop 2b
                0x48, 0x89, 0x04, 0x25, 0x08, 0x80, 0x00, 0x00,  // mov %rax,0x8008
                0xba, 0x00, 0x06, 0x00, 0x00,  // mov $0x600,%edx
                0xee,  // out %al,(%dx)
                0xeb, 0xfe,  // 1: jmp 1b
            ])
        #expect(guest.run() == .exited(UInt8(5050 & 0xff)))
        #expect(
            guest.device.accesses == [
                .init(offset: 0, size: 8, value: 0x1122_3344_5566_7788), .init(offset: 8, size: 8, value: nil),
            ])
        #expect(try guest.load(UInt64.self, at: 0x8000) == 0x0807_0605_0403_02a8 &* 3)
        #expect(try guest.load(UInt64.self, at: 0x8008) == 5050)
        // What the program left is what a monitor reads.
        let state = try guest.machine.processors[0].state()
        #expect(state[.rbx] == 0x0807_0605_0403_02a8 &* 3 && state[.rdx] == 0x600 && state.efer & 0x500 == 0x500)
        #expect(state[.cs].attributes & 0x2000 != 0 && state.cr3 == PhysicalLayout.pageTables)
    }

    /// Local APIC on, I/O APIC's pin 5 to vector 0x30, "ready", interrupts on, then halted for ever.
    private static let waiting: [UInt8] = [
        0xb0, 0xff, 0xe6, 0x21, 0xe6, 0xa1,  // mov $0xff,%al; out %al,$0x21; out %al,$0xa1: the PICs are silent
        0xbf, 0x00, 0x00, 0xe0, 0xfe,  // mov $0xfee00000,%edi
        0xc7, 0x87, 0xf0, 0x00, 0x00, 0x00, 0xff, 0x01, 0x00, 0x00,  // movl $0x1ff,0xf0(%rdi)
        0xc7, 0x87, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,  // movl $0,0x80(%rdi)
        0xbe, 0x00, 0x00, 0xc0, 0xfe,  // mov $0xfec00000,%esi
        0xc7, 0x06, 0x1b, 0x00, 0x00, 0x00,  // movl $0x1b,(%rsi)
        0xc7, 0x46, 0x10, 0x00, 0x00, 0x00, 0x00,  // movl $0,0x10(%rsi)
        0xc7, 0x06, 0x1a, 0x00, 0x00, 0x00,  // movl $0x1a,(%rsi)
        0xc7, 0x46, 0x10, 0x30, 0x00, 0x00, 0x00,  // movl $0x30,0x10(%rsi)
        0xba, 0x10, 0x06, 0x00, 0x00,  // mov $0x610,%edx
        0xee,  // out %al,(%dx)
        0xfb,  // sti
        0xf4,  // 2: hlt
        0xeb, 0xfd,  // jmp 2b
    ]

    /// Counts at 0x8000, acknowledges, ends the machine with the count.
    private static let handler: [UInt8] = [
        0x50, 0x52, 0x57,  // push %rax; push %rdx; push %rdi
        0xff, 0x04, 0x25, 0x00, 0x80, 0x00, 0x00,  // incl 0x8000
        0xbf, 0x00, 0x00, 0xe0, 0xfe,  // mov $0xfee00000,%edi
        0xc7, 0x87, 0xb0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,  // movl $0,0xb0(%rdi)
        0xba, 0x00, 0x06, 0x00, 0x00,  // mov $0x600,%edx
        0x8a, 0x04, 0x25, 0x00, 0x80, 0x00, 0x00,  // mov 0x8000,%al
        0xee,  // out %al,(%dx)
        0x5f, 0x5a, 0x58,  // pop %rdi; pop %rdx; pop %rax
        0x48, 0xcf,  // iretq
    ]

    private func interruptible(_ cpu: CPUKind) throws -> SmallGuest {
        try SmallGuest(cpu, Self.waiting, handler: Self.handler)
    }

    @Test(arguments: SmallGuest.backEnds)
    func interruptLine(_ cpu: CPUKind) throws {
        let guest = try interruptible(cpu)
        let line = guest.wiring.isaLine(5)
        guest.whenReady { line.pulse() }
        #expect(guest.run() == .exited(1))
        #expect(try guest.load(UInt32.self, at: 0x8000) == 1)
    }

    @Test(arguments: SmallGuest.backEnds)
    func messageSignalledInterrupt(_ cpu: CPUKind) throws {
        let guest = try interruptible(cpu)
        let backEnd = guest.machine.backEnd
        guest.whenReady { backEnd.send(MessageSignalledInterrupt(address: 0xfee0_0000, data: 0x31)) }
        #expect(guest.run() == .exited(1))
    }

    /// An eventfd of the kernel's sends the message that it was tied to last, and none when it is untied.
    @Test(.enabled(if: SmallGuest.hasKVM, "no /dev/kvm for us")) func eventfdSendsMessages() throws {
        let guest = try interruptible(.kvm)
        let backEnd = guest.machine.backEnd
        let event = try EventDescriptor()
        let number = event.rawValue
        let unhandled = MessageSignalledInterrupt(address: 0xfee0_0000, data: 0x50)
        let handled = MessageSignalledInterrupt(address: 0xfee0_0000, data: 0x31)
        // Nothing handles the first: it would end the guest with a triple fault.
        let ties = guest.machine.lock.hold { [unhandled, nil].map { backEnd.tieInterrupt(of: number, to: $0) } }
        event.signal()
        #expect(ties == [true, false] && event.drain() == 1)
        let again = guest.machine.lock.hold { [unhandled, handled].map { backEnd.tieInterrupt(of: number, to: $0) } }
        #expect(again == [true, true])
        guest.whenReady { event.signal() }
        #expect(guest.run() == .exited(1))
        let bad = guest.machine.lock.hold { backEnd.tieInterrupt(of: -1, to: handled) }
        #expect(!bad)
    }

    @Test(arguments: SmallGuest.backEnds)
    func dirtyLog(_ cpu: CPUKind) throws {
        let guest = try SmallGuest(
            cpu, .long,
            [
                0xbf, 0x00, 0x00, 0x10, 0x00,  // mov $0x100000,%edi
                0xc6, 0x07, 0x01,  // movb $1,(%rdi)
                0xc6, 0x87, 0x08, 0x30, 0x00, 0x00, 0x01,  // movb $1,0x3008(%rdi)
                0xc6, 0x87, 0xff, 0x9f, 0x00, 0x00, 0x01,  // movb $1,0x9fff(%rdi)
                0x8a, 0x07,  // mov (%rdi),%al
                0x8a, 0x87, 0x00, 0x50, 0x00, 0x00,  // mov 0x5000(%rdi),%al
                0xba, 0x00, 0x06, 0x00, 0x00,  // mov $0x600,%edx
                0xee,  // out %al,(%dx)
                0xeb, 0xfe,  // 1: jmp 1b
            ])
        try guest.machine.backEnd.setDirtyLogging(true)
        #expect(guest.run() == .exited(0))
        // Page tables' accessed bits are writes, too; they lie below 1 MB.
        let written = try guest.machine.backEnd.takeDirtyPages().filter { $0 >= 0x100 }
        #expect(written == [0x100, 0x103, 0x109])
        #expect(try guest.machine.backEnd.takeDirtyPages().filter { $0 >= 0x100 }.isEmpty)
        try guest.machine.backEnd.setDirtyLogging(false)
    }

    @Test(arguments: SmallGuest.backEnds)
    func tripleFaultEndsTheMachine(_ cpu: CPUKind) throws {
        // lidt 0x8100 (all zero); ud2
        let guest = try SmallGuest(cpu, .long, [0x0f, 0x01, 0x1c, 0x25, 0x00, 0x81, 0x00, 0x00, 0x0f, 0x0b])
        let end = guest.run()
        guard case .tripleFault(let cause) = end else {
            Issue.record("\(end)")
            return
        }
        #expect(cause.hasPrefix("at RIP 0x1008"), "\(cause)")
        if cpu == .software { #expect(cause.hasSuffix(": #UD, #GP (error 0x33), #DF, #GP (error 0x43)"), "\(cause)") }
    }

    /// A guest that never leaves, with interrupts off, is stopped all the same; and its time stands still meanwhile.
    @Test(arguments: SmallGuest.backEnds)
    func pauseAndResume(_ cpu: CPUKind) throws {
        // 2: incq 0x8000; jmp 2b
        let guest = try SmallGuest(cpu, .long, [0x48, 0xff, 0x04, 0x25, 0x00, 0x80, 0x00, 0x00, 0xeb, 0xf6])
        let machine = guest.machine
        let memory = guest.memory
        let observed = Observed()
        try BackgroundThread.start("pauser") {
            while (try? memory.load(UInt64.self, at: 0x8000)) == 0 { usleep(500) }
            machine.pause()
            let time = machine.time.now
            let count = try? memory.load(UInt64.self, at: 0x8000)
            usleep(5000)
            observed.stoodStill = count == (try? memory.load(UInt64.self, at: 0x8000)) && time == machine.time.now
            machine.resume()
            while (try? memory.load(UInt64.self, at: 0x8000)) == count { usleep(500) }
            machine.end(.killed)
        }
        #expect(guest.run() == .killed)
        #expect(observed.stoodStill)
    }

    private final class Observed: @unchecked Sendable {
        var stoodStill = false
    }
}
