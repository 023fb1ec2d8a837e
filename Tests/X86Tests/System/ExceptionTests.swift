import Testing
import X86

/// Exceptions in 64-bit mode: vector, error code, the RIP that is pushed.
@Suite struct ExceptionTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var code: [UInt8]
        var vector: UInt8
        /// Nil: none is pushed.
        var errorCode: UInt64?
        /// RIP in the frame, from the start of the code.
        var offset: Int = 0
        var address: UInt64?
        var testDescription: String { name }
    }

    static let supervisorCases: [Case] = [
        Case(name: "UD2", code: [0x0f, 0x0b], vector: 6),
        // xor ecx, ecx; div ecx
        Case(name: "division by zero", code: [0x31, 0xc9, 0xf7, 0xf1], vector: 0, offset: 2),
        Case(name: "INT3", code: [0xcc], vector: 3, offset: 1),
        Case(name: "INT 0x80", code: [0xcd, 0x80], vector: 0x80, offset: 2),
        // mov eax, 0x1000; mov ds, ax
        Case(
            name: "DS beyond the table", code: [0xb8, 0x00, 0x10, 0, 0, 0x8e, 0xd8], vector: 13, errorCode: 0x1000,
            offset: 5),
        // mov eax, 0x40; mov es, ax
        Case(
            name: "ES not present", code: [0xb8, 0x40, 0, 0, 0, 0x8e, 0xc0], vector: 11, errorCode: 0x40, offset: 5),
        // mov eax, 0x40; mov ss, ax
        Case(
            name: "SS not present", code: [0xb8, 0x40, 0, 0, 0, 0x8e, 0xd0], vector: 12, errorCode: 0x40, offset: 5),
        // mov eax, 0x23; mov ss, ax
        Case(
            name: "SS of another privilege", code: [0xb8, 0x23, 0, 0, 0, 0x8e, 0xd0], vector: 13, errorCode: 0x20,
            offset: 5),
        // mov al, [0x200000]
        Case(
            name: "load from an absent page", code: [0x8a, 0x04, 0x25, 0, 0, 0x20, 0], vector: 14, errorCode: 0,
            address: 0x20_0000),
        // mov [0x2007f8], rax
        Case(
            name: "store to an absent page", code: [0x48, 0x89, 0x04, 0x25, 0xf8, 0x07, 0x20, 0], vector: 14,
            errorCode: 2, address: 0x20_07f8),
        // mov [0x30000], al
        Case(
            name: "store to a read-only page", code: [0x88, 0x04, 0x25, 0, 0, 3, 0], vector: 14, errorCode: 3,
            address: 0x3_0000),
        // mov rax, 0x800000000000; mov al, [rax]
        Case(
            name: "address that is not canonical", code: [0x48, 0xb8, 0, 0, 0, 0, 0, 0x80, 0, 0, 0x8a, 0x00],
            vector: 13, errorCode: 0, offset: 10),
        // mov ecx, 0x12345; rdmsr
        Case(name: "unknown MSR", code: [0xb9, 0x45, 0x23, 1, 0, 0x0f, 0x32], vector: 13, errorCode: 0, offset: 5),
        // mov rax, cr0; btc rax, 0 (PE off with PG on); mov cr0, rax
        Case(
            name: "CR0 without PE", code: [0x0f, 0x20, 0xc0, 0x48, 0x0f, 0xba, 0xf8, 0, 0x0f, 0x22, 0xc0], vector: 13,
            errorCode: 0, offset: 8),
        // mov eax, 0x40000; jmp rax
        Case(
            name: "fetch from a page that must not be executed", code: [0xb8, 0, 0, 4, 0, 0xff, 0xe0], vector: 14,
            errorCode: 0x11, offset: 0x3_0000, address: 0x4_0000),
        Case(name: "MWAIT", code: [0x0f, 0x01, 0xc9], vector: 6),
        Case(name: "XGETBV without OSXSAVE", code: [0x0f, 0x01, 0xd0], vector: 6),
        // push 0x23; push 0x60000; push 0x3002? IRETQ with a bad selector: push 0x10; push 0x60000; push 2; push 0x77; push 0x10000
        Case(
            name: "IRET to a selector beyond the table",
            code: [0x6a, 0x10, 0x68, 0, 0, 6, 0, 0x6a, 2, 0x6a, 0x77, 0x68, 0, 0, 1, 0, 0x48, 0xcf], vector: 13,
            errorCode: 0x74, offset: 16),
    ]

    @Test(arguments: supervisorCases)
    func supervisor(_ test: Case) {
        let guest = LongModeGuest(test.code)
        #expect(guest.machine.run() == .halted)
        expectFrame(guest, test, start: LongModeGuest.codeAddress, selector: LongModeGuest.kernelCode)
    }

    /// Near jumps, calls and returns to 0x800000000000 by RAX, of which two quadwords lie on the stack.
    static let farTargets: [(code: [UInt8], name: String)] = [
        ([0xff, 0xe0], "jmp rax"), ([0xff, 0xd0], "call rax"), ([0xff, 0x24, 0x24], "jmp [rsp]"),
        ([0xff, 0x14, 0x24], "call [rsp]"), ([0xc3], "ret"), ([0xc2, 8, 0], "ret 8"),
    ]

    @Test(arguments: farTargets, [false, true])
    func targetThatIsNotCanonical(_ test: (code: [UInt8], name: String), isSingleStep: Bool) {
        // mov rax, 0x800000000000; push rax; push rax; mov rbx, rsp; then perhaps pushf; bts [rsp], 8; popf; the jump
        var setUp: [UInt8] = [0x48, 0xb8, 0, 0, 0, 0, 0, 0x80, 0, 0, 0x50, 0x50, 0x48, 0x89, 0xe3]
        if isSingleStep { setUp += [0x9c, 0x48, 0x0f, 0xba, 0x2c, 0x24, 8, 0x9d] }
        // The frame lies elsewhere, so that what is on the stack stays to be seen.
        let guest = LongModeGuest(setUp + test.code + [0xf4])
        guest.setGate(13, stack: 1)
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 13, "\(test.name)")
        #expect(guest.stack(0) == 0)
        #expect(guest.stack(1) == UInt64(LongModeGuest.codeAddress + setUp.count), "\(test.name)")
        #expect(guest.stack(4) == guest.cpu[.rbx], "\(test.name)")
    }

    /// The last page of the lower half ends with a jump behind it (offset 0xffc) and two NOPs (0xffe): the jump faults itself,
    /// running on faults behind the page.
    @Test(arguments: [(UInt64(0xffc), UInt64(0xffc)), (0xffe, 0x1000)])
    func edgeOfTheCanonicalAddresses(entry: UInt64, fault: UInt64) {
        let guest = LongModeGuest([])
        let page: UInt64 = 0x7fff_ffff_f000
        // The last entries of all levels lead to the guest's table, whose last page is 0x1ff000.
        guest.machine.store(UInt64(0xe000 | 7), at: 0xa000 + 255 * 8)
        guest.machine.store(UInt64(0xf000 | 7), at: 0xe000 + 511 * 8)
        guest.machine.store(UInt64(0xd000 | 7), at: 0xf000 + 511 * 8)
        // jmp .+2; nop; nop
        guest.machine.store([0xeb, 0x02, 0x90, 0x90], at: 0x1f_fffc)
        guest.cpu.set(StateLayout.rip, page + entry)
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 13)
        #expect(guest.stack(0) == 0)
        #expect(guest.stack(1) == page + fault)
    }

    static let userCases: [Case] = [
        Case(name: "HLT", code: [0xf4], vector: 13, errorCode: 0),
        Case(name: "CLI", code: [0xfa], vector: 13, errorCode: 0),
        Case(name: "IN", code: [0xe4, 0x60], vector: 13, errorCode: 0),
        Case(name: "MOV CR3", code: [0x0f, 0x20, 0xd8], vector: 13, errorCode: 0),
        Case(name: "LGDT", code: [0x0f, 0x01, 0x14, 0x25, 0, 0x40, 0, 0], vector: 13, errorCode: 0),
        Case(name: "INT of a gate for the supervisor", code: [0xcd, 0x80], vector: 13, errorCode: 0x80 * 8 + 2),
        Case(name: "INT3", code: [0xcc], vector: 3, offset: 1),
        Case(name: "INT1", code: [0xf1], vector: 1, offset: 1),
        // mov al, [0x40000]
        Case(
            name: "load from a page of the supervisor", code: [0x8a, 0x04, 0x25, 0, 0, 4, 0], vector: 14, errorCode: 5,
            address: 0x4_0000),
        // mov [0x200000], al
        Case(
            name: "store to an absent page", code: [0x88, 0x04, 0x25, 0, 0, 0x20, 0], vector: 14, errorCode: 6,
            address: 0x20_0000),
        // mov eax, 0x200000; jmp rax
        Case(
            name: "fetch from an absent page", code: [0xb8, 0, 0, 0x20, 0, 0xff, 0xe0], vector: 14, errorCode: 0x14,
            offset: 0x1e_0000, address: 0x20_0000),
        // xor eax, eax; mov ss, ax
        Case(name: "SS null", code: [0x31, 0xc0, 0x8e, 0xd0], vector: 13, errorCode: 0, offset: 2),
        // SYSRET, RDMSR, SWAPGS
        Case(name: "SYSRET", code: [0x48, 0x0f, 0x07], vector: 13, errorCode: 0),
        Case(name: "RDMSR", code: [0x0f, 0x32], vector: 13, errorCode: 0),
        Case(name: "SWAPGS", code: [0x0f, 0x01, 0xf8], vector: 13, errorCode: 0),
        Case(name: "RDFSBASE without CR4.FSGSBASE", code: [0xf3, 0x48, 0x0f, 0xae, 0xc0], vector: 6),
        Case(name: "STAC", code: [0x0f, 0x01, 0xcb], vector: 6),
    ]

    @Test(arguments: userCases)
    func user(_ test: Case) {
        let guest = LongModeGuest([])
        guest.enterUser(test.code)
        #expect(guest.machine.run() == .halted)
        expectFrame(guest, test, start: LongModeGuest.userCodeAddress, selector: LongModeGuest.userCode)
        // The frame lies on the stack of the task state segment.
        let size = test.errorCode == nil ? 40 : 48
        #expect(guest.cpu[.rsp] == UInt64(LongModeGuest.ring0Stack - size))
        let base = test.errorCode == nil ? 0 : 1
        #expect(guest.stack(base + 3) == UInt64(LongModeGuest.userStackTop))
        #expect(guest.stack(base + 4) == UInt64(LongModeGuest.userData))
        #expect(guest.cpu.privilegeLevel == 0)
    }

    private func expectFrame(_ guest: LongModeGuest, _ test: Case, start: Int, selector: UInt16) {
        #expect(guest.vector == test.vector)
        var index = 0
        if let errorCode = test.errorCode {
            #expect(guest.stack(0) == errorCode)
            index = 1
        }
        #expect(guest.stack(index) == UInt64(start + test.offset))
        #expect(guest.stack(index + 1) == UInt64(selector))
        if let address = test.address { #expect(guest.cpu.get(StateLayout.cr2, as: UInt64.self) == address) }
        // Faults set RF in the pushed flags, traps and software interrupts do not.
        let isFault = test.errorCode != nil || test.vector == 0 || test.vector == 6
        #expect(guest.stack(index + 2) & Flag.resume == (isFault ? Flag.resume : 0))
    }

    @Test func faultWithoutHandlerIsDoubleFault() {
        // mov al, [non-canonical]: #GP, whose gate is not present: #NP is contributory after contributory.
        let guest = LongModeGuest([0x48, 0xb8, 0, 0, 0, 0, 0, 0x80, 0, 0, 0x8a, 0x00])
        guest.setGate(13, isPresent: false)
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 8)
        #expect(guest.stack(0) == 0)
    }

    @Test func faultWhileAnInterruptIsDeliveredNamesTheGate() {
        // int 0x30 with an absent gate: #NP(0x30 * 8 + 2), EXT clear; RIP is that of INT.
        let guest = LongModeGuest([0x90, 0xcd, 0x30])
        guest.setGate(0x30, isPresent: false)
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 11)
        #expect(guest.stack(0) == 0x30 * 8 + 2)
        #expect(guest.stack(1) == UInt64(LongModeGuest.codeAddress + 1))
    }

    @Test func pageFaultThatCannotBePushedIsDoubleFaultOnItsOwnStack() {
        // mov esp, 0x200000 (absent below); ud2: the push faults, then #DF by IST 1.
        let guest = LongModeGuest([0xbc, 0, 0, 0x30, 0, 0x8a, 0x04, 0x25, 0, 0, 0x20, 0])
        guest.setGate(8, stack: 1)
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 8)
        #expect(guest.cpu[.rsp] == UInt64(LongModeGuest.interruptStack - 48))
        #expect(guest.stack(4) == 0x30_0000)
    }

    @Test func tripleFaultShutsDown() {
        let guest = LongModeGuest([0x0f, 0x0b])
        guest.cpu.set(StateLayout.interruptDescriptors + 8, UInt32(0))
        #expect(guest.machine.run() == .shutdown)
    }

    @Test func stackIsAligned() {
        // lea rsp, [rsp - 3]; ud2
        let guest = LongModeGuest([0x48, 0x8d, 0x64, 0x24, 0xfd, 0x0f, 0x0b])
        #expect(guest.machine.run() == .halted)
        #expect(guest.cpu[.rsp] == UInt64(LongModeGuest.stackTop - 16 - 40))
        #expect(guest.stack(3) == UInt64(LongModeGuest.stackTop - 3))
    }

    @Test func singleStepComesBehindTheInstruction() {
        // pushfq; or dword [rsp], 0x100; popfq; nop; nop
        let guest = LongModeGuest([0x9c, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0x90, 0x90])
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 1)
        #expect(guest.stack(0) == UInt64(LongModeGuest.codeAddress + 10))
        #expect(guest.stack(2) & Flag.trap != 0)
        #expect(guest.cpu.get(StateLayout.debug + 48, as: UInt64.self) == 0xffff_4ff0)
    }

    @Test func movToStackSegmentHoldsSingleStepsBack() {
        // mov ax, ss; pushfq; or dword [rsp], 0x100; popfq; mov ss, ax; nop; nop
        let guest = LongModeGuest([
            0x66, 0x8c, 0xd0, 0x9c, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0x8e, 0xd0, 0x90, 0x90,
        ])
        #expect(guest.machine.run() == .halted)
        #expect(guest.stack(0) == UInt64(LongModeGuest.codeAddress + 15))
    }
}
