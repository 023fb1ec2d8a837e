import Board
import Testing

@testable import Chips

/// Plays Linux's e1000 driver.
@Suite struct E1000Tests {
    let devices = AddressSpace()
    let ports = Ports()
    let ram = TestMemory()
    let clock = ManualClock()
    let cable = Cable()
    let line = InterruptLine(number: 16) { _, _ in }
    let nic: E1000
    let bus: PCIBus
    let base: UInt64 = 0xfeb0_0000
    let address: [UInt8] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56]

    init() {
        nic = E1000(address: address, port: cable, memory: ram.memory, clock: clock)
        bus = PCIBus(
            memory: devices, ports: ports.space, interruptMessages: MessageLog(), interruptLines: [line])
        bus.add(nic.function, at: PCIAddress(device: 3))
        nic.function.writeConfiguration(0x10, size: 4, value: UInt32(base))
        nic.function.writeConfiguration(0x14, size: 4, value: 0xc000)
        nic.function.writeConfiguration(0x04, size: 2, value: 0x07)
    }

    func get(_ offset: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: devices.read(base + offset, size: 4)) }
    func put(_ offset: UInt64, _ value: UInt32) { devices.write(base + offset, size: 4, value: UInt64(value)) }

    // MARK: Probe

    /// e1000_read_eeprom(): a word, bit by bit.
    func readWord(_ index: UInt32) -> UInt16 {
        var lines: UInt32 = 0x40
        func set(_ bits: UInt32) {
            lines = bits
            put(0x10, bits)
        }
        set(0x40)
        #expect(get(0x10) & 0x80 != 0)
        set(0x42)
        for (bits, count) in [(UInt32(6), UInt32(3)), (index, 6)] {
            for bit in (0..<count).reversed() {
                let data: UInt32 = bits >> bit & 1 != 0 ? 4 : 0
                set(0x42 | data)
                set(0x43 | data)
                set(0x42 | data)
            }
        }
        var word: UInt16 = 0
        for _ in 0..<16 {
            set(lines | 1)
            word = word << 1 | (get(0x10) & 8 != 0 ? 1 : 0)
            set(lines & ~1)
        }
        set(0x40)
        set(0)
        return word
    }

    func readPHY(_ register: UInt32) -> UInt32 {
        put(0x20, register << 16 | 1 << 21 | 2 << 26)
        let value = get(0x20)
        #expect(value >> 28 & 5 == 1)
        return value & 0xffff
    }

    @Test func eepromHoldsTheAddressAndSumsUp() {
        let words = (UInt32(0)..<64).map { readWord($0) }
        #expect(words[0] == 0x5452 && words[1] == 0x1200 && words[2] == 0x5634)
        #expect(words.reduce(0, &+) == 0xbaba)
        put(0x14, 2 << 8 | 1)
        #expect(get(0x14) == 0x5634_0210)
        // The first receive address comes from there.
        #expect(get(0x5400) == 0x1200_5452 && get(0x5404) == 0x8000_5634)
    }

    @Test func transceiverIsAnM88E1011WithALink() {
        #expect(readPHY(2) == 0x0141 && readPHY(3) & 0xfff0 == 0x0c20)
        #expect(readPHY(1) & 0x24 == 0x24)
        #expect(readPHY(17) == 0xac00)
        #expect(get(0x08) & 0xc3 == 0x83)
        nic.setLink(isUp: false)
        #expect(readPHY(1) & 0x04 == 0 && get(0x08) & 2 == 0)
        #expect(get(0xc0) & 4 == 4)
        // Another address has no transceiver.
        put(0x20, 2 << 21 | 2 << 26)
        #expect(get(0x20) >> 30 & 1 == 1)
    }

    @Test func resetThroughThePorts() {
        put(0x5400, 0)
        put(0xd0, 0xff)
        ports.outl(0xc000, 0)
        ports.outl(0xc004, 1 << 26)
        #expect(get(0x5400) == 0x1200_5452 && get(0xd0) == 0)
        ports.outl(0xc000, 8)
        #expect(ports.inl(0xc004) == get(8))
    }

    // MARK: Transmission

    let transmitRing: UInt64 = 0x1000

    func startTransmitter(count: UInt32 = 64) {
        put(0x3800, UInt32(transmitRing))
        put(0x3804, 0)
        put(0x3808, count * 16)
        put(0x3810, 0)
        put(0x3818, 0)
        put(0x400, 0x0103_f0fa)
        put(0xd0, 0x1f)
    }

    func descriptor(_ index: UInt64, _ low: UInt64, _ high: UInt64) {
        ram.put(low, at: transmitRing + 16 * index)
        ram.put(high, at: transmitRing + 16 * index + 8)
    }

    /// Ethernet, IPv4 and TCP with `payload` bytes; lengths and checksums as the driver leaves them.
    func tcpFrame(payload: Int, ipLength: UInt16, check: UInt16) -> [UInt8] {
        let ethernet: [UInt8] = [2, 0, 0, 0, 0, 1] + address + [0x08, 0x00]
        let ip: [UInt8] = [0x45, 0, UInt8(ipLength >> 8), UInt8(ipLength & 0xff), 0, 1, 0x40, 0, 64, 6, 0, 0]
        let addresses: [UInt8] = [10, 0, 0, 1, 10, 0, 0, 2]
        let tcp: [UInt8] =
            [0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 1, 0, UInt8(check >> 8), UInt8(check & 0xff), 0, 0]
        return ethernet + ip + addresses + tcp + (0..<payload).map { UInt8(truncatingIfNeeded: $0) }
    }

    @Test func legacyDescriptors() {
        startTransmitter()
        let frame = (0..<100).map { UInt8($0) }
        ram.put(Array(frame[..<40]), at: 0x4000)
        ram.put(Array(frame[40...]), at: 0x5000)
        descriptor(0, 0x4000, 40)
        descriptor(1, 0x5000, 60 | 0x0b << 24)
        put(0x3818, 2)
        #expect(cable.sent == [[UInt8](repeating: 0, count: 12) + frame])
        #expect(get(0x3810) == 2)
        #expect(ram.get(UInt8.self, at: transmitRing + 12) == 0)
        #expect(ram.get(UInt8.self, at: transmitRing + 28) == 1)
        #expect(line.isRaised)
        #expect(get(0xc0) == 3)
        #expect(!line.isRaised)
        #expect(get(0x40d4) == 1 && get(0x40d4) == 0)
        #expect(get(0x4090) == 104)
    }

    /// Context for TCP over IPv4: IP header at 14, TCP at 34, its checksum at 50.
    func context(_ command: UInt64, length: UInt64 = 0, header: UInt64 = 0, segment: UInt64 = 0) -> (UInt64, UInt64) {
        let low: UInt64 = 14 | 24 << 8 | 33 << 16 | 34 << 32 | 50 << 40
        return (low, length | command << 24 | header << 40 | segment << 48)
    }

    @Test func checksumsAreOffered() {
        startTransmitter()
        let frame = tcpFrame(payload: 100, ipLength: 140, check: 0x1234)
        ram.put(frame, at: 0x4000)
        let (low, high) = context(0x23)
        descriptor(0, low, high)
        descriptor(1, 0x4000, UInt64(frame.count) | 1 << 20 | 0x2b << 24 | 3 << 40)
        put(0x3818, 2)
        #expect(cable.sent.count == 1)
        let sent = cable.sent[0]
        // Needs a checksum from 34, at 16.
        #expect(Array(sent[..<12]) == [1, 0, 0, 0, 0, 0, 34, 0, 16, 0, 0, 0])
        // The IP header's is right.
        #expect(sum(sent[26..<46]) == 0xffff)
        #expect(Array(sent[62..<64]) == [0x12, 0x34])
    }

    /// The definition of RFC 1071, word by word; not complemented.
    private func sum(_ bytes: some Collection<UInt8>) -> UInt16 {
        var total = 0
        for (index, byte) in bytes.enumerated() { total += Int(byte) << (index & 1 == 0 ? 8 : 0) }
        while total > 0xffff { total = total & 0xffff + total >> 16 }
        return UInt16(total)
    }

    @Test func segmentsStayWhole() {
        startTransmitter()
        // As e1000_tso() prepares them: no length, the pseudo-header without one.
        var pseudo = [UInt8]([10, 0, 0, 1, 10, 0, 0, 2, 0, 6])
        let partial = sum(pseudo)
        let frame = tcpFrame(payload: 30000, ipLength: 0, check: partial)
        ram.put(frame, at: 0x10000)
        let (low, high) = context(0x27, length: 30000, header: 54, segment: 1448)
        descriptor(0, low, high)
        descriptor(1, 0x10000, 54 | 1 << 20 | 0x26 << 24 | 3 << 40)
        descriptor(2, 0x10000 + 54, 4096 | 1 << 20 | 0x26 << 24)
        descriptor(3, 0x10000 + 54 + 4096, UInt64(30000 - 4096) | 1 << 20 | 0x2f << 24)
        put(0x3818, 4)
        #expect(cable.sent.count == 1)
        let sent = cable.sent[0]
        #expect(Array(sent[..<12]) == [1, 1, 54, 0, 0xa8, 5, 34, 0, 16, 0, 0, 0])
        #expect(sent.count == 12 + frame.count)
        #expect(Int(sent[28]) << 8 | Int(sent[29]) == 30040)
        #expect(sum(sent[26..<46]) == 0xffff)
        // The pseudo-header's sum with its length.
        pseudo += [UInt8(30020 >> 8), UInt8(30020 & 0xff)]
        let whole = sum(pseudo)
        #expect(UInt16(sent[62]) << 8 | UInt16(sent[63]) == whole)
        #expect(get(0x40f8) == 1)
    }

    @Test func tagsAreInserted() {
        startTransmitter()
        put(0x00, 1 << 30)
        ram.put(tcpFrame(payload: 10, ipLength: 50, check: 0), at: 0x4000)
        let (low, high) = context(0x23)
        descriptor(0, low, high)
        descriptor(1, 0x4000, 64 | 1 << 20 | 0x6b << 24 | 2 << 40 | 0x2005 << 48)
        put(0x3818, 2)
        let sent = cable.sent[0]
        #expect(sent.count == 12 + 68)
        #expect(Array(sent[18..<30]) == address + [0x81, 0x00, 0x20, 0x05, 0x08, 0x00])
        #expect(Array(sent[6..<8]) == [38, 0])
    }

    @Test func waitsForRoomAtThePort() {
        startTransmitter()
        cable.isFull = true
        ram.put([UInt8](repeating: 7, count: 60), at: 0x4000)
        for index in UInt64(0)..<3 { descriptor(index, 0x4000, 60 | 0x0b << 24) }
        put(0x3818, 3)
        #expect(get(0x3810) == 0 && cable.sent.isEmpty)
        cable.isFull = false
        cable.onWritable?()
        #expect(get(0x3810) == 3 && cable.sent.count == 3)
        #expect(cable.sent.allSatisfy { $0.count == 72 })
    }

    @Test func ringWrapsAndBadOnesEnd() {
        startTransmitter(count: 8)
        ram.put([UInt8](repeating: 7, count: 60), at: 0x4000)
        for index in UInt64(0)..<8 { descriptor(index, 0x4000, 60 | 0x0b << 24) }
        put(0x3818, 6)
        put(0x3818, 3)
        #expect(cable.sent.count == 11)
        #expect(get(0x3810) == 3)
        // A tail outside of the ring, and a ring outside of memory.
        put(0x3818, 0xffff)
        put(0x3804, 0xffff_ffff)
        put(0x3818, 1)
        // Too long, and not memory: dropped, and the next one goes.
        put(0x3804, 0)
        put(0x3810, 0)
        descriptor(0, 0xffff_ffff_ffff_0000, 60 | 0x0b << 24)
        descriptor(1, 0x4000, 60 | 0x0b << 24)
        cable.sent = []
        put(0x3818, 2)
        #expect(cable.sent.count == 1)
    }

    // MARK: Reception

    let receiveRing: UInt64 = 0x2000

    func startReceiver(count: UInt32 = 16, control: UInt32 = 0x8002) {
        for index in UInt64(0)..<UInt64(count) {
            ram.put(0x20000 + index * 2048, at: receiveRing + 16 * index)
            ram.put(UInt64(0), at: receiveRing + 16 * index + 8)
        }
        put(0x2800, UInt32(receiveRing))
        put(0x2804, 0)
        put(0x2808, count * 16)
        put(0x2810, 0)
        put(0x2818, count - 1)
        put(0xd0, 0x9d)
        put(0x100, control)
    }

    func result(_ index: UInt64) -> (length: Int, status: UInt8, tag: UInt16) {
        let word = ram.get(UInt64.self, at: receiveRing + 16 * index + 8)
        return (Int(word & 0xffff), UInt8(word >> 32 & 0xff), UInt16(word >> 48))
    }

    func frame(to destination: [UInt8], count: Int) -> [UInt8] {
        destination + [2, 0, 0, 0, 0, 9, 0x88, 0xb5] + (14..<count).map { UInt8(truncatingIfNeeded: $0) }
    }

    @Test func receives() {
        #expect(cable.offloads == 1)
        startReceiver()
        let sent = frame(to: address, count: 200)
        cable.deliver(sent)
        #expect(result(0).length == 204 && result(0).status == 0x07)
        #expect(ram.bytes(at: 0x20000, count: 200) == sent)
        #expect(line.isRaised && get(0xc0) & 0x80 != 0)
        // Short ones are padded.
        cable.deliver(frame(to: address, count: 42))
        #expect(result(1).length == 64)
        #expect(ram.bytes(at: 0x20000 + 2048 + 42, count: 22) == [UInt8](repeating: 0, count: 22))
        #expect(get(0x2810) == 2)
        #expect(get(0x4074) == 2)
        #expect(get(0x4088) == 268)
    }

    @Test func filters() {
        startReceiver()
        cable.deliver(frame(to: [2, 9, 9, 9, 9, 9], count: 60))
        cable.deliver(frame(to: [0x33, 0x33, 0, 0, 0, 1], count: 60))
        #expect(get(0x2810) == 0)
        cable.deliver(frame(to: [UInt8](repeating: 0xff, count: 6), count: 60))
        #expect(get(0x2810) == 1)
        // The table: bits of bytes 4 and 5, shifted by 4.
        let hash = (Int(1) << 8 | 0) >> 4 & 0xfff
        put(UInt64(0x5200 + hash / 32 * 4), 1 << UInt32(hash % 32))
        cable.deliver(frame(to: [0x33, 0x33, 0, 0, 0, 1], count: 60))
        #expect(get(0x2810) == 2)
        // Promiscuous.
        put(0x100, 0x801a)
        cable.deliver(frame(to: [2, 9, 9, 9, 9, 9], count: 60))
        cable.deliver(frame(to: [0x33, 0x33, 0, 0, 0, 7], count: 60))
        #expect(get(0x2810) == 4)
        #expect(get(0x4078) == 1 && get(0x407c) == 2)
    }

    @Test func longFramesTakeSeveralBuffers() {
        startReceiver()
        cable.deliver(frame(to: address, count: 4000))
        #expect(get(0x2810) == 0 && get(0x40ac) == 1)
        put(0x100, 0x0400_8022)
        let sent = frame(to: address, count: 4000)
        cable.deliver(sent)
        #expect(get(0x2810) == 2)
        #expect(result(0).length == 2048 && result(0).status == 0x01)
        #expect(result(1).length == 1952 && result(1).status == 0x07)
        #expect(ram.bytes(at: 0x20000, count: 4000) == sent)
    }

    @Test func framesWaitForDescriptors() {
        startReceiver(count: 8)
        for _ in 0..<10 { cable.deliver(frame(to: address, count: 60)) }
        #expect(get(0x2810) == 7 && cable.arriving.count == 3)
        #expect(get(0xc0) & 0x10 != 0)
        put(0x2818, 5)
        #expect(get(0x2810) == 2 && cable.arriving.isEmpty)
    }

    @Test func tagsAreStrippedAndFiltered() {
        startReceiver(control: 0x4_8002)
        put(0x00, 1 << 30)
        let tagged = address + [2, 0, 0, 0, 0, 9, 0x81, 0x00, 0x20, 0x05, 0x88, 0xb5] + [UInt8](1...60)
        cable.deliver(tagged)
        #expect(get(0x2810) == 0)
        put(0x5600, 1 << 5)
        cable.deliver(tagged)
        #expect(result(0).tag == 0x2005 && result(0).status & 0x08 != 0)
        #expect(ram.bytes(at: 0x20000, count: 16) == address + [2, 0, 0, 0, 0, 9, 0x88, 0xb5, 1, 2])
    }

    @Test func unfinishedChecksumsAreFinished() {
        startReceiver(control: 0x8012)
        put(0x5000, 0x300)
        put(0x100, 0x801a)
        var sent = tcpFrame(payload: 11, ipLength: 51, check: 0)
        let pseudo: [UInt8] = [10, 0, 0, 1, 10, 0, 0, 2, 0, 6, 0, 31]
        let partial = sum(pseudo)
        sent[50] = UInt8(partial >> 8)
        sent[51] = UInt8(partial & 0xff)
        let header = ~sum(sent[14..<34])
        sent[24] = UInt8(header >> 8)
        sent[25] = UInt8(header & 0xff)
        cable.deliver(sent, header: [1, 0, 0, 0, 0, 0, 34, 0, 16, 0, 0, 0])
        #expect(result(0).status & 0x64 == 0x60)
        let got = ram.bytes(at: 0x20000, count: sent.count)
        #expect(sum(pseudo + Array(got[34...])) == 0xffff)
    }

    @Test func interruptsAreThrottled() {
        startReceiver()
        // 8000 a second.
        put(0xc4, 488)
        cable.deliver(frame(to: address, count: 60))
        #expect(line.isRaised)
        _ = get(0xc0)
        cable.deliver(frame(to: address, count: 60))
        #expect(!line.isRaised)
        clock.advance(by: 100_000)
        #expect(!line.isRaised)
        clock.advance(by: 30_000)
        #expect(line.isRaised)
        put(0xd8, 0xffff_ffff)
        #expect(!line.isRaised)
        put(0xc8, 4)
        put(0xd0, 4)
        clock.advance(by: 200_000)
        #expect(line.isRaised)
    }

    @Test func ringsOutsideOfMemory() {
        startReceiver()
        put(0x2804, 0xffff_ffff)
        cable.deliver(frame(to: address, count: 60))
        #expect(get(0x2810) == 0)
        put(0x2804, 0)
        put(0x2810, 0xffff)
        cable.deliver(frame(to: address, count: 60))
        put(0x2810, 0)
        ram.put(UInt64.max - 10, at: receiveRing)
        cable.deliver(frame(to: address, count: 60))
        #expect(get(0x2810) > 0)
    }
}
