import Board
import Linux
import Testing
import VirtualMachine
import Virtio

@testable import VMM

/// virtio devices in memory, as guests of both back ends find them: notifications by a queue's number, and an interrupt line
/// whose level they lower themselves.
@Suite(.serialized) struct MemoryMappedTests {
    /// Input 16 of the I/O APIC leads to vector 0x31, level-triggered. Twice: a buffer is made available in queue 1, the queue
    /// is kicked, its interrupt is waited for. Ends with 40 and the number of interrupts; those in vain are counted at 0x4000.
    private static let program: [UInt8] = [
        0xb0, 0xff, 0xe6, 0x21, 0xe6, 0xa1,  // mov $0xff,%al; out %al,$0x21; out %al,$0xa1: the PICs are silent
        0xbf, 0x00, 0x00, 0xe0, 0xfe,  // mov $0xfee00000,%edi
        0xc7, 0x87, 0xf0, 0x00, 0x00, 0x00, 0xff, 0x01, 0x00, 0x00,  // movl $0x1ff,0xf0(%rdi)
        0xc7, 0x87, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,  // movl $0,0x80(%rdi)
        0xbf, 0x00, 0x00, 0xc0, 0xfe,  // mov $0xfec00000,%edi
        0xc7, 0x07, 0x31, 0x00, 0x00, 0x00,  // movl $0x31,(%rdi)
        0xc7, 0x47, 0x10, 0x00, 0x00, 0x00, 0x00,  // movl $0,0x10(%rdi)
        0xc7, 0x07, 0x30, 0x00, 0x00, 0x00,  // movl $0x30,(%rdi)
        0xc7, 0x47, 0x10, 0x31, 0x80, 0x00, 0x00,  // movl $0x8031,0x10(%rdi)
        0x45, 0x31, 0xc0,  // xor %r8d,%r8d
        0x45, 0x31, 0xc9,  // xor %r9d,%r9d
        0x31, 0xc9,  // xor %ecx,%ecx
        0xff, 0xc1,  // next: inc %ecx
        0x66, 0x89, 0x0c, 0x25, 0x02, 0x10, 0x11, 0x00,  // mov %cx,0x111002
        0xbf, 0x50, 0x00, 0xb0, 0xfe,  // mov $0xfeb00050,%edi
        0xc7, 0x07, 0x01, 0x00, 0x00, 0x00,  // movl $1,(%rdi)
        0xfa,  // wait: cli
        0x41, 0x39, 0xc8,  // cmp %ecx,%r8d
        0x73, 0x04,  // jae done
        0xfb, 0xf4,  // sti; hlt
        0xeb, 0xf6,  // jmp wait
        0x83, 0xf9, 0x02,  // done: cmp $2,%ecx
        0x72, 0xdc,  // jb next
        0xfb, 0x90,  // sti; nop
        0x44, 0x89, 0x0c, 0x25, 0x00, 0x40, 0x00, 0x00,  // mov %r9d,0x4000
        0x41, 0x8d, 0x40, 0x28,  // lea 40(%r8),%eax
        0xba, 0x00, 0x06, 0x00, 0x00,  // mov $0x600,%edx
        0xee,  // out %al,(%dx)
        0xeb, 0xfe,  // 1: jmp 1b
    ]

    /// Acknowledges what the interrupt status says, counts, ends the interrupt.
    private static let handler: [UInt8] = [
        0xbb, 0x60, 0x00, 0xb0, 0xfe,  // mov $0xfeb00060,%ebx
        0x8b, 0x03,  // mov (%rbx),%eax
        0xa8, 0x01,  // test $1,%al
        0x74, 0x08,  // jz 1f
        0x89, 0x43, 0x04,  // mov %eax,4(%rbx)
        0x41, 0xff, 0xc0,  // inc %r8d
        0xeb, 0x03,  // jmp 2f
        0x41, 0xff, 0xc1,  // 1: inc %r9d
        0xbb, 0xb0, 0x00, 0xe0, 0xfe,  // 2: mov $0xfee000b0,%ebx
        0xc7, 0x03, 0x00, 0x00, 0x00, 0x00,  // movl $0,(%rbx)
        0x48, 0xcf,  // iretq
    ]

    private func smallGuest(_ cpu: CPUKind) throws -> SmallGuest {
        try SmallGuest(cpu, Self.program, handler: Self.handler)
    }

    /// - Returns: how many interrupts found nothing to acknowledge. KVM where it emulates may deliver one a second time, as
    ///   real machines may; a line that stays high would not end.
    private func run(_ virtio: MemoryMappedGuest) throws -> Int {
        try virtio.guest.machine.lock.hold { () throws(any Error) in
            virtio.negotiate()
            try virtio.enable(queue: 1, isWritable: false)
            virtio.begin()
        }
        #expect(virtio.guest.run() == .exited(42))
        #expect(try virtio.usedIndex(queue: 1) == 2)
        let vain = Int(try virtio.guest.load(UInt32.self, at: 0x4000))
        #expect(vain <= (virtio.guest.machine.backEnd.kind == .kvm ? 2 : 0))
        return vain
    }

    @Test(arguments: SmallGuest.backEnds) func kicksAndInterrupts(_ cpu: CPUKind) throws {
        let device = VirtioNetwork(name: "virtio-net.0", port: UnpluggedPort(), mac: [2, 0, 0, 0, 0, 1], pairCount: 1)
        let virtio = try MemoryMappedGuest(smallGuest(cpu), device)
        let vain = try run(virtio)
        // The status is read and acknowledged twice; kicks are exits only where nothing takes them.
        #expect(virtio.counts == (virtio.guest.machine.backEnd.tiedWriteSize == nil ? (6, 0) : (4 + vain, 2)))
        virtio.guest.machine.lock.hold {
            #expect(virtio.read(0x70) == 0xf && virtio.read(0x44) == 1)
            for reset in virtio.guest.machine.resets { reset() }
            #expect(virtio.read(0x70) == 0 && virtio.read(0x44) == 0)
        }
    }

    /// A ring that another process serves: its kick goes there, past the monitor where the kernel can; its calls raise the line.
    @Test(arguments: SmallGuest.backEnds) func ringsOfAnotherProcess(_ cpu: CPUKind) throws {
        let guest = try smallGuest(cpu)
        let (device, backend) = try guest.servedCard()
        let virtio = try MemoryMappedGuest(guest, device)
        let vain = try run(virtio)
        #expect(backend.frameCount == 2)
        #expect(virtio.counts == (guest.machine.backEnd.tiedWriteSize == nil ? 6 : 4 + vain, 0))
        backend.end()
        #expect(backend.failure == nil)
    }
}
