import Testing
import X86

/// The local APIC by its registers, without a guest.
@Suite struct LocalAPICTests {
    private static func enabled(_ count: Int = 1) -> (SmallMachine, [LocalAPIC]) {
        let machine = SmallMachine(byteCount: 1 << 20, processorCount: count)
        let apics = machine.processors.map(\.apic)
        for apic in apics { apic.write(offset: 0xf0, size: 4, value: 0x1ff) }
        return (machine, apics)
    }

    private func requested(_ apic: LocalAPIC, _ vector: UInt8) -> Bool {
        apic.read(offset: 0x200 + UInt64(vector >> 5) * 16, size: 4) >> UInt64(vector & 31) & 1 != 0
    }

    @Test func resetValues() {
        let machine = SmallMachine(byteCount: 1 << 20, processorCount: 2)
        let apic = machine.processors[1].apic
        #expect(apic.read(offset: 0x20, size: 4) == 1 << 24)
        #expect(apic.read(offset: 0x30, size: 4) == 0x5_0014)
        #expect(apic.read(offset: 0xf0, size: 4) == 0xff)
        #expect(apic.read(offset: 0xe0, size: 4) == 0xffff_ffff)
        #expect(apic.read(offset: 0x350, size: 4) == 0x1_0000)
        // The bootstrap processor listens to the PIC.
        #expect(machine.processors[0].apic.read(offset: 0x350, size: 4) == 0x700)
    }

    @Test func softwareDisableMasksTheLocalTable() {
        let (machine, apics) = LocalAPICTests.enabled()
        defer { withExtendedLifetime(machine) {} }
        apics[0].write(offset: 0x320, size: 4, value: 0x40)
        #expect(apics[0].read(offset: 0x320, size: 4) == 0x40)
        apics[0].write(offset: 0xf0, size: 4, value: 0xff)
        #expect(apics[0].read(offset: 0x320, size: 4) == 0x1_0040)
        apics[0].write(offset: 0x320, size: 4, value: 0x41)
        #expect(apics[0].read(offset: 0x320, size: 4) == 0x1_0041)
        // And no interrupt is accepted.
        #expect(!apics[0].accept(InterruptMessage(destination: 0, isLogical: false, vector: 0x50)))
    }

    @Test func triggerModeFollowsTheLatest() {
        let (machine, apics) = LocalAPICTests.enabled()
        defer { withExtendedLifetime(machine) {} }
        #expect(apics[0].post(vector: 0x81, isLevel: true))
        #expect(!apics[0].post(vector: 0x81, isLevel: true))
        #expect(requested(apics[0], 0x81))
        #expect(apics[0].read(offset: 0x180 + 4 * 16, size: 4) == 2)
        apics[0].post(vector: 0x81, isLevel: false)
        #expect(requested(apics[0], 0x81))
        #expect(apics[0].read(offset: 0x180 + 4 * 16, size: 4) == 0)
    }

    @Test func illegalVectors() {
        let (machine, apics) = LocalAPICTests.enabled()
        defer { withExtendedLifetime(machine) {} }
        // Sent.
        apics[0].write(offset: 0x300, size: 4, value: 0x05)
        apics[0].write(offset: 0x280, size: 4, value: 0)
        #expect(apics[0].read(offset: 0x280, size: 4) == 1 << 5)
        // Received, with the error entry of the table set.
        apics[0].write(offset: 0x370, size: 4, value: 0x60)
        apics[0].accept(InterruptMessage(destination: 0, isLogical: false, vector: 3))
        #expect(requested(apics[0], 0x60))
        apics[0].write(offset: 0x280, size: 4, value: 0)
        #expect(apics[0].read(offset: 0x280, size: 4) == 1 << 6)
        // A register that is none.
        _ = apics[0].read(offset: 0x40, size: 4)
        apics[0].write(offset: 0x280, size: 4, value: 0)
        #expect(apics[0].read(offset: 0x280, size: 4) == 1 << 7)
    }

    @Test func physicalLogicalAndShorthands() {
        let (machine, apics) = LocalAPICTests.enabled(4)
        for (index, apic) in apics.enumerated() {
            apic.write(offset: 0xd0, size: 4, value: 1 << UInt64(24 + index))
        }
        func arrived(_ vector: UInt8) -> [Int] { apics.indices.filter { requested(apics[$0], vector) } }
        machine.apics.deliver(InterruptMessage(destination: 2, isLogical: false, vector: 0x40))
        #expect(arrived(0x40) == [2])
        machine.apics.deliver(InterruptMessage(destination: 0b1010, isLogical: true, vector: 0x41))
        #expect(arrived(0x41) == [1, 3])
        // By the command register of processor 1: all but self, all, self, physical 3, physical broadcast.
        apics[1].write(offset: 0x300, size: 4, value: 0xc_0042)
        #expect(arrived(0x42) == [0, 2, 3])
        apics[1].write(offset: 0x300, size: 4, value: 0x8_0043)
        #expect(arrived(0x43) == [0, 1, 2, 3])
        apics[1].write(offset: 0x300, size: 4, value: 0x4_0044)
        #expect(arrived(0x44) == [1])
        apics[1].write(offset: 0x310, size: 4, value: 3 << 24)
        apics[1].write(offset: 0x300, size: 4, value: 0x45)
        #expect(arrived(0x45) == [3])
        apics[1].write(offset: 0x310, size: 4, value: 0xff << 24)
        apics[1].write(offset: 0x300, size: 4, value: 0x46)
        #expect(arrived(0x46) == [0, 1, 2, 3])
        // Cluster model: cluster 1, members 1 and 2.
        for (index, apic) in apics.enumerated() {
            apic.write(offset: 0xe0, size: 4, value: 0x0fff_ffff)
            apic.write(offset: 0xd0, size: 4, value: UInt64(index < 2 ? 0 : 1) << 28 | 1 << UInt64(24 + index % 2))
        }
        machine.apics.deliver(InterruptMessage(destination: 0x13, isLogical: true, vector: 0x47))
        #expect(arrived(0x47) == [2, 3])
        machine.apics.deliver(InterruptMessage(destination: 0x01, isLogical: true, vector: 0x48))
        #expect(arrived(0x48) == [0])
    }

    @Test func lowestPriorityGoesToOne() {
        let (machine, apics) = LocalAPICTests.enabled(3)
        for (index, apic) in apics.enumerated() {
            apic.write(offset: 0xd0, size: 4, value: 1 << UInt64(24 + index))
            apic.write(offset: 0x80, size: 4, value: [0x40, 0x20, 0x30][index])
        }
        let message = InterruptMessage(destination: 7, isLogical: true, mode: .lowestPriority, vector: 0x70)
        #expect(machine.apics.deliver(message))
        #expect(apics.map { requested($0, 0x70) } == [false, true, false])
        // Equals take turns.
        for apic in apics { apic.write(offset: 0x80, size: 4, value: 0) }
        for vector in UInt8(0x71)...0x76 {
            machine.apics.deliver(
                InterruptMessage(destination: 7, isLogical: true, mode: .lowestPriority, vector: vector))
        }
        let counts = apics.map { apic in (UInt8(0x71)...0x76).filter { requested(apic, $0) }.count }
        #expect(counts == [2, 2, 2])
    }

    @Test func messagesAreDecoded() throws {
        let plain = try #require(InterruptMessage(address: 0xfee0_3000, data: 0x4041))
        #expect(plain == InterruptMessage(destination: 3, isLogical: false, vector: 0x41))
        let level = try #require(InterruptMessage(address: 0xfee0_5004, data: 0xc142))
        #expect(level.isLogical && level.isLevel && level.mode == .lowestPriority && level.destination == 5)
        #expect(InterruptMessage(address: 0xfee0_5004, data: 0x8142) == nil)
        #expect(InterruptMessage(address: 0xfed0_5004, data: 0x41) == nil)
        // The redirection hint.
        #expect(try #require(InterruptMessage(address: 0xfee0_300c, data: 0x41)).mode == .lowestPriority)
        // Bits 8 to 14 of the destination.
        #expect(try #require(InterruptMessage(address: 0xfee0_3020, data: 0x41)).destination == 0x103)
    }

    @Test func oneShotTimerCountsDown() {
        let (machine, apics) = LocalAPICTests.enabled()
        apics[0].write(offset: 0x3e0, size: 4, value: 0xb)
        apics[0].write(offset: 0x320, size: 4, value: 0x40)
        apics[0].write(offset: 0x380, size: 4, value: 0xffff_ffff)
        let first = apics[0].read(offset: 0x390, size: 4)
        while machine.timeStamp() < 1_000_000 {}
        let second = apics[0].read(offset: 0x390, size: 4)
        #expect(first > second && second > 0)
        // 2³² ticks of the crystal: its frequency over the counter's.
        let ticks = UInt64(SmallMachine.frequency / 25_000_000) << 32
        #expect((apics[0].timerDeadline ?? 0) > ticks - 1_000_000_000)
        apics[0].write(offset: 0x380, size: 4, value: 0)
        #expect(apics[0].timerDeadline == nil)
        #expect(apics[0].read(offset: 0x390, size: 4) == 0)
    }

    @Test func expiredTimerPostsItsVectorAndPeriodicGoesOn() {
        let (machine, apics) = LocalAPICTests.enabled()
        apics[0].write(offset: 0x3e0, size: 4, value: 0xb)
        apics[0].write(offset: 0x320, size: 4, value: 0x2_0040)
        apics[0].write(offset: 0x380, size: 4, value: 25)
        let first = apics[0].timerDeadline ?? 0
        while machine.timeStamp() < first {}
        let before = machine.timeStamp()
        apics[0].timerExpired()
        #expect(requested(apics[0], 0x40))
        let second = apics[0].timerDeadline ?? 0
        #expect(second > before && (second - first) % 1000 == 0)
    }
}
