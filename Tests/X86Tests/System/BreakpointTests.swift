import Testing
import X86

/// The debug registers' breakpoints, alignment checks, and stack faults of addresses that are not canonical.
@Suite struct BreakpointTests {
    static let debugStatus = StateLayout.debug + 48

    /// mov rax, value; mov drN, rax
    private func set(_ register: UInt8, _ value: UInt64) -> [UInt8] {
        [0x48, 0xb8] + (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } + [
            0x0f, 0x23, 0xc0 | register << 3,
        ]
    }

    /// Runs code that sets DR1 to `address` and DR7 to `control`, and then runs `code`.
    private func run(_ address: UInt64, control: UInt64, _ code: [UInt8]) -> (guest: LongModeGuest, start: UInt64) {
        let setUp = set(1, address) + set(7, control)
        let guest = LongModeGuest(setUp + code)
        guest.machine.run()
        return (guest, UInt64(LongModeGuest.codeAddress + setUp.count))
    }

    @Test func executionIsAFaultBeforeTheInstruction() {
        // The setting up is 26 bytes; nop; nop; inc ebx; hlt: at the second NOP.
        let (guest, start) = run(
            UInt64(LongModeGuest.codeAddress) + 27, control: 0x404, [0x90, 0x90, 0xff, 0xc3, 0xf4])
        #expect(guest.vector == 1)
        #expect(guest.stack(0) == start + 1)
        #expect(guest.cpu[.rbx] == 0)
        #expect(guest.cpu.get(Self.debugStatus, as: UInt64.self) == 0xffff_0ff2)
    }

    /// mov eax, ss; mov ss, eax; inc ebx; inc ebx; hlt: a breakpoint right behind MOV SS is not met, one behind that is.
    @Test(arguments: [(UInt64(30), UInt8(255)), (32, 1)])
    func loadOfSSHoldsExecutionBreakpointsBack(offset: UInt64, vector: UInt8) {
        let (guest, _) = run(
            UInt64(LongModeGuest.codeAddress) + offset, control: 0x404,
            [0x8c, 0xd0, 0x8e, 0xd0, 0xff, 0xc3, 0xff, 0xc3, 0xf4])
        #expect(guest.vector == vector)
        #expect(guest.cpu[.rbx] == (vector == 255 ? 2 : 1))
    }

    @Test func resumeFlagLetsOneInstructionPass() {
        // Handler of vector 1: inc dword [0x50000]; bts dword [rsp+16], 16 (RF); iretq
        let setUp = set(1, UInt64(LongModeGuest.codeAddress) + 26) + set(7, 0x404)
        // mov ecx,3; L: inc ebx … the breakpoint is on MOV, then a loop to it: three times.
        let guest = LongModeGuest(setUp + [0xff, 0xc3, 0x83, 0xfb, 3, 0x75, 0xf9, 0xf4])
        let handler = 0x1_2000
        guest.machine.store(
            [0xff, 0x04, 0x25, 0, 0, 5, 0, 0x0f, 0xba, 0x6c, 0x24, 0x10, 16, 0x48, 0xcf], at: handler)
        guest.setGate(1, handler: handler)
        #expect(guest.machine.run() == .halted)
        #expect(guest.machine.load(0x5_0000, UInt32.self) == 3)
        #expect(guest.cpu[.rbx] == 3)
    }

    @Test(arguments: [
        // Four bytes at 0x50004, writes: a store of eight bytes below reaches them; one of four does not; loads do not.
        (UInt64(0x00d0_0404), [0x48, 0x89, 0x04, 0x25, 0x00, 0, 5, 0] as [UInt8], true),
        (0x00d0_0404, [0x89, 0x04, 0x25, 0x00, 0, 5, 0], false),
        (0x00d0_0404, [0x8b, 0x04, 0x25, 0x04, 0, 5, 0], false),
        // Reads and writes: loads, and instructions that do both.
        (0x00f0_0404, [0x8b, 0x04, 0x25, 0x04, 0, 5, 0], true),
        (0x00f0_0404, [0xf0, 0xff, 0x04, 0x25, 0x04, 0, 5, 0], true),
        // Not enabled.
        (0x00f0_0400, [0x8b, 0x04, 0x25, 0x04, 0, 5, 0], false),
    ])
    func dataIsATrapBehindTheInstruction(control: UInt64, code: [UInt8], isMet: Bool) {
        let (guest, start) = run(0x5_0004, control: control, code + [0xff, 0xc3, 0xf4])
        #expect(guest.vector == (isMet ? 1 : 255))
        guard isMet else { return }
        #expect(guest.stack(0) == start + UInt64(code.count))
        #expect(guest.cpu[.rbx] == 0)
        #expect(guest.cpu.get(Self.debugStatus, as: UInt64.self) == 0xffff_0ff2)
    }

    @Test func repeatedStringStopsBehindTheElement() {
        // mov edi,0x50000; mov ecx,16; rep stosb; hlt. The byte at 0x50004 is watched.
        let code: [UInt8] = [0xbf, 0, 0, 5, 0, 0xb9, 16, 0, 0, 0, 0xf3, 0xaa, 0xf4]
        let (guest, start) = run(0x5_0004, control: 0x0010_0404, code)
        #expect(guest.vector == 1)
        #expect(guest.stack(0) == start + 10)
        #expect(guest.cpu[.rcx] == 11 && guest.cpu[.rdi] == 0x5_0005)
    }

    @Test func portWithDebugExtensions() {
        // mov rax,cr4; or eax,8; mov cr4,rax; then DR1 = 0x80, ports of one byte; out 0x80,al; inc ebx; hlt
        let setUp: [UInt8] = [0x0f, 0x20, 0xe0, 0x83, 0xc8, 8, 0x0f, 0x22, 0xe0] + set(1, 0x80) + set(7, 0x0020_0404)
        let guest = LongModeGuest(setUp + [0xe6, 0x80, 0xff, 0xc3, 0xf4])
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 1)
        #expect(guest.stack(0) == UInt64(LongModeGuest.codeAddress + setUp.count + 2))
    }

    @Test(arguments: [Flag.alignment, 0])
    func alignmentIsCheckedInUserMode(flags: UInt64) {
        // mov eax,[0x70001], with RFLAGS.AC (bit 18) or without; CR0.AM is on. INT3 ends it.
        let guest = LongModeGuest([])
        let isChecked = flags & Flag.alignment != 0
        guest.cpu.set(StateLayout.cr0, guest.cpu.get(StateLayout.cr0, as: UInt64.self) | 1 << 18)
        guest.enterUser([0x8b, 0x04, 0x25, 0, 0, 5, 0, 0x8b, 0x04, 0x25, 1, 0, 5, 0, 0xcc])
        guest.cpu.flags = flags | 2
        guest.machine.processors[0].modeChanged()
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == (isChecked ? 17 : 3))
        if isChecked { #expect(guest.stack(0) == 0 && guest.stack(1) == UInt64(LongModeGuest.userCodeAddress) + 7) }
    }

    static let stackReferences: [(code: [UInt8], vector: UInt8)] = [
        ([0x48, 0x8b, 0x45, 0x00], 12),  // mov rax,[rbp]
        ([0x48, 0x8b, 0x04, 0x24], 12),  // mov rax,[rsp]
        ([0x50], 12),  // push rax
        ([0x48, 0x8b, 0x07], 13),  // mov rax,[rdi]
    ]

    @Test(arguments: stackReferences)
    func stackThatIsNotCanonical(code: [UInt8], vector: UInt8) {
        // mov rdi, 0x800000000000; mov rbp, rdi; mov rsp, rdi; add rsp, 64; the instruction
        let setUp: [UInt8] =
            [0x48, 0xbf, 0, 0, 0, 0, 0, 0x80, 0, 0, 0x48, 0x89, 0xfd, 0x48, 0x89, 0xfc, 0x48, 0x83, 0xc4, 64]
        let guest = LongModeGuest(setUp + code)
        // The handlers get a stack that is one.
        guest.setGate(12, stack: 1)
        guest.setGate(13, stack: 1)
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == vector)
        #expect(guest.stack(1) == UInt64(LongModeGuest.codeAddress + setUp.count))
    }
}
