import Board
import Linux
import Testing
import Virtio

@testable import VMM

/// Queues' notifications and interrupts by eventfds of the kernel's, where there is one; and as exits where not.
@Suite(.serialized) struct QueueNotificationTests {
    /// Kicks with 16 bits, waits for the answer, makes another buffer available, kicks with 32 bits, waits; ends with 42.
    private static let kicksTwice: [UInt8] = [
        0xbf, 0x00, 0x30, 0x00, 0xc0,  // mov $0xc0003000,%edi
        0xbe, 0x00, 0x20, 0x10, 0x00,  // mov $0x102000,%esi
        0x66, 0xc7, 0x04, 0x25, 0x02, 0x10, 0x10, 0x00, 0x01, 0x00,  // movw $1,0x101002
        0x66, 0xc7, 0x07, 0x00, 0x00,  // movw $0,(%rdi)
        0x66, 0x83, 0x7e, 0x02, 0x01,  // 1: cmpw $1,2(%rsi)
        0x75, 0xf9,  // jne 1b
        0x66, 0xc7, 0x04, 0x25, 0x02, 0x10, 0x10, 0x00, 0x02, 0x00,  // movw $2,0x101002
        0xc7, 0x07, 0x00, 0x00, 0x00, 0x00,  // movl $0,(%rdi)
        0x66, 0x83, 0x7e, 0x02, 0x02,  // 2: cmpw $2,2(%rsi)
        0x75, 0xf9,  // jne 2b
        0xba, 0x00, 0x06, 0x00, 0x00,  // mov $0x600,%edx
        0xb0, 0x2a, 0xee,  // mov $42,%al; out %al,(%dx)
        0xeb, 0xfe,  // 3: jmp 3b
    ]

    @Test(arguments: SmallGuest.backEnds)
    func notificationsReachTheDevice(_ cpu: CPUKind) throws {
        let guest = try SmallGuest(cpu, .long, Self.kicksTwice)
        let device = VirtioEntropy(fill: { $0.copyBytes(from: repeatElement(0x5a, count: $0.count)) })
        let virtio = try VirtioGuest(guest, device)
        try guest.machine.lock.hold { () throws(any Error) in
            virtio.negotiate()
            try virtio.enable(queue: 0, vector: 0xffff, isWritable: true)
            virtio.begin()
        }
        #expect(guest.run() == .exited(42))
        #expect(
            try guest.memory.bytes(at: VirtioGuest.buffer, count: 129) == [UInt8](repeating: 0x5a, count: 128) + [0])
        let counts = virtio.counts
        switch guest.machine.backEnd.tiedWriteSize {
        case nil: #expect(counts == (2, 0) && cpu == .software)
        case 0: #expect(counts == (0, 2))
        default: #expect(counts == (1, 1))
        }
    }

    /// The device is not called for a notification that comes before its driver is ready.
    @Test(arguments: SmallGuest.backEnds)
    func notReadyIsIgnored(_ cpu: CPUKind) throws {
        let guest = try SmallGuest(
            cpu, .long,
            [
                0xbf, 0x00, 0x30, 0x00, 0xc0,  // mov $0xc0003000,%edi
                0x66, 0xc7, 0x04, 0x25, 0x02, 0x10, 0x10, 0x00, 0x01, 0x00,  // movw $1,0x101002
                0x66, 0xc7, 0x07, 0x00, 0x00,  // movw $0,(%rdi)
                0xba, 0x10, 0x06, 0x00, 0x00,  // mov $0x610,%edx
                0xee,  // out %al,(%dx)
                0xeb, 0xfe,  // 1: jmp 1b
            ])
        let virtio = try VirtioGuest(guest, VirtioEntropy())
        try guest.machine.lock.hold { () throws(any Error) in
            virtio.negotiate()
            try virtio.enable(queue: 0, vector: 0xffff, isWritable: true)
        }
        // The loop comes to what it is asked for after the descriptors that are ready.
        guest.whenReady { [machine = guest.machine] in machine.end(.exited(1)) }
        #expect(guest.run() == .exited(1))
        #expect(try virtio.usedIndex(queue: 0) == 0)
        #expect(virtio.counts == (guest.machine.backEnd.tiedWriteSize == nil ? (1, 0) : (0, 1)))
    }

    /// What is tied moves with the registers, and is untied when they are gone.
    @Test(.enabled(if: SmallGuest.hasKVM, "no /dev/kvm for us")) func tiesFollowTheRegisters() throws {
        let guest = try SmallGuest(.kvm, .long, [0xf4])
        let backEnd = guest.machine.backEnd
        let size = try #require(backEnd.tiedWriteSize)
        let virtio = try VirtioGuest(guest, VirtioEntropy())
        let other = try EventDescriptor()
        let number = other.rawValue
        // The kernel refuses a second eventfd at an address.
        func isFree(_ address: UInt64) -> Bool {
            guard backEnd.tieWrites(to: number, address: address, size: size, value: nil, isAttached: true) else {
                return false
            }
            return backEnd.tieWrites(to: number, address: address, size: size, value: nil, isAttached: false)
        }
        guest.machine.lock.hold {
            #expect(!isFree(VirtioGuest.notify) && isFree(0xc002_3000))
            virtio.place(0xc002_0000)
            #expect(isFree(VirtioGuest.notify) && !isFree(0xc002_3000))
            virtio.setDecoding(false)
            #expect(isFree(0xc002_3000))
            virtio.setDecoding(true)
            #expect(!isFree(0xc002_3000))
            virtio.function.reset()
            #expect(isFree(0xc002_3000))
        }
    }

    /// Local APIC on; a frame is sent with a kick of queue 1; "ready", interrupts on, then halted for ever.
    private static let sends: [UInt8] = [
        0xb0, 0xff, 0xe6, 0x21, 0xe6, 0xa1,  // mov $0xff,%al; out %al,$0x21; out %al,$0xa1: the PICs are silent
        0xbf, 0x00, 0x00, 0xe0, 0xfe,  // mov $0xfee00000,%edi
        0xc7, 0x87, 0xf0, 0x00, 0x00, 0x00, 0xff, 0x01, 0x00, 0x00,  // movl $0x1ff,0xf0(%rdi)
        0xc7, 0x87, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,  // movl $0,0x80(%rdi)
        0x66, 0xc7, 0x04, 0x25, 0x02, 0x10, 0x11, 0x00, 0x01, 0x00,  // movw $1,0x111002
        0xbf, 0x04, 0x30, 0x00, 0xc0,  // mov $0xc0003004,%edi
        0x66, 0xc7, 0x07, 0x01, 0x00,  // movw $1,(%rdi)
        0xba, 0x10, 0x06, 0x00, 0x00,  // mov $0x610,%edx
        0xee,  // out %al,(%dx)
        0xfb,  // sti
        0xf4,  // 2: hlt
        0xeb, 0xfd,  // jmp 2b
    ]

    /// Ends the machine with 7.
    private static let handler: [UInt8] = [
        0xba, 0x00, 0x06, 0x00, 0x00,  // mov $0x600,%edx
        0xb0, 0x07, 0xee,  // mov $7,%al; out %al,(%dx)
        0xeb, 0xfe,  // 1: jmp 1b
    ]

    /// Unmasks the vector as soon as an interrupt waits for it.
    private static func unmask(_ virtio: VirtioGuest) {
        if virtio.isPending(vector: 2) { return virtio.setMessage(vector: 2, data: 0x31) }
        virtio.guest.machine.loop.perform { unmask(virtio) }
    }

    /// A ring that another process serves: its kick goes there and its interrupt comes from there, past the monitor where the
    /// kernel can; a masked vector's waits until it is unmasked.
    @Test(arguments: SmallGuest.backEnds, [false, true])
    func ringsOfAnotherProcess(_ cpu: CPUKind, isMasked: Bool) throws {
        let guest = try SmallGuest(cpu, Self.sends, handler: Self.handler)
        let (device, backend) = try guest.servedCard()
        let virtio = try VirtioGuest(guest, device)
        try guest.machine.lock.hold { () throws(any Error) in
            virtio.negotiate()
            try virtio.enable(queue: 1, vector: 2, isWritable: false)
            virtio.enableMessages()
            virtio.setMessage(vector: 2, data: 0x31, isMasked: isMasked)
            virtio.begin()
        }
        let call = try #require(device.callDescriptor(queue: 1))
        let isHeard = guest.machine.lock.hold { guest.machine.loop.isWatching(call) }
        #expect(isHeard == (cpu == .software || isMasked))
        if isMasked { guest.whenReady { Self.unmask(virtio) } }
        #expect(guest.run() == .exited(7))
        #expect(try virtio.usedIndex(queue: 1) == 1)
        #expect(backend.frameCount == 1)
        #expect(virtio.counts == (guest.machine.backEnd.tiedWriteSize == nil ? 1 : 0, 0))
        backend.end()
        #expect(backend.failure == nil)
    }
}
