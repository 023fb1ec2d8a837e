import Testing

@testable import X86

@Suite("Repeated string instructions")
struct RepeatedStringTests {
    static let code: UInt64 = 0x1000

    @Test("one stops for a request after each page, and goes on from its registers")
    func interrupted() {
        let machine = TestMachine()
        let (processor, cpu) = (machine.processor, machine.cpu)
        machine.write([0xf3, 0xa4], at: Self.code)
        for index in 0..<UInt64(0x3000) { machine.store(UInt8(truncatingIfNeeded: index &* 7), at: 0x8000 + index) }
        cpu[.rsi] = 0x8000
        cpu[.rdi] = 0x1_0000
        cpu[.rcx] = 0x3000
        // The pages are known to the translation buffer.
        _ = cpu.load(0x8000, UInt8.self)
        _ = cpu.store(0x1_0000, UInt8(0))
        cpu.set(StateLayout.requests, Request.stop)
        cpu.set(StateLayout.rip, Self.code)
        processor.runAlone()
        #expect(processor.exit == .request)
        #expect(cpu.get(StateLayout.rip, as: UInt64.self) == Self.code)
        #expect(cpu[.rcx] == 0x2000)
        #expect(cpu[.rsi] == 0x9000)
        #expect(cpu[.rdi] == 0x1_1000)
        cpu.set(StateLayout.requests, UInt32(0))
        // Alone, it ends behind each part of a page, and behind the first byte of one.
        for _ in 0..<8 where cpu[.rcx] != 0 { processor.runAlone() }
        #expect(cpu[.rcx] == 0)
        #expect(cpu.get(StateLayout.rip, as: UInt64.self) == Self.code + 2)
        for index in 0..<UInt64(0x3000) {
            guard machine.load(UInt8.self, at: 0x1_0000 + index) == UInt8(truncatingIfNeeded: index &* 7) else {
                Issue.record("byte \(index) is not what was copied")
                return
            }
        }
    }

    @Test("copying over decoded code, its own included, runs what was copied")
    func ownCode() {
        let machine = TestMachine()
        // mov esi, 0x3000; mov edi, 0x1011; mov ecx, 3; rep movsb; (at 0x1011) mov al, 1; hlt
        machine.write(
            [0xbe, 0, 0x30, 0, 0, 0xbf, 0x11, 0x10, 0, 0, 0xb9, 3, 0, 0, 0, 0xf3, 0xa4, 0xb0, 1, 0xf4], at: Self.code)
        machine.write([0xb0, 7, 0xf4], at: 0x3000)
        #expect(machine.run(at: Self.code) == .halted)
        #expect(machine.cpu[.rax] & 0xff == 7)
        #expect(machine.cpu[.rcx] == 0)
    }

    @Test("filling a page that another one shows, too")
    func alias() {
        let machine = TestMachine()
        machine.map(0x4000_1000, to: 0x5000)
        // A forward copy of one byte to the next, by way of two linear addresses of the same page, spreads the first byte.
        machine.store(UInt8(0x5a), at: 0x5000)
        // mov esi, 0x5000; mov edi, 0x40001001; mov ecx, 100; rep movsb; hlt
        machine.write(
            [0xbe, 0, 0x50, 0, 0, 0xbf, 1, 0x10, 0, 0x40, 0xb9, 100, 0, 0, 0, 0xf3, 0xa4, 0xf4], at: Self.code)
        #expect(machine.run(at: Self.code) == .halted)
        for index in UInt64(0)..<101 { #expect(machine.load(UInt8.self, at: 0x5000 + index) == 0x5a) }
        #expect(machine.load(UInt8.self, at: 0x5065) == 0)
    }
}
