import Testing
import X86

/// Ways into the system and out of it.
@Suite struct PrivilegeTests {
    @Test func systemCallAndReturn() {
        // User: mov eax, 7; syscall; mov [0x50000], rax; hlt (#GP).
        let guest = LongModeGuest([])
        guest.enterUser([0xb8, 7, 0, 0, 0, 0x0f, 0x05, 0x48, 0x89, 0x04, 0x25, 0, 0, 5, 0, 0xf4])
        // Kernel at 0x10000: add rax, rax; sysretq.
        guest.machine.store([0x48, 0x01, 0xc0, 0x48, 0x0f, 0x07], at: LongModeGuest.codeAddress)
        guest.cpu.set(StateLayout.star, UInt64(0x001b_0008) << 32)
        guest.cpu.set(StateLayout.lstar, UInt64(LongModeGuest.codeAddress))
        guest.cpu.set(StateLayout.sfmask, Flag.direction)
        guest.cpu.flags = 2 | Flag.direction | Flag.carry
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 13)
        #expect(guest.machine.load(0x5_0000, UInt64.self) == 14)
        #expect(guest.cpu[.rcx] == UInt64(LongModeGuest.userCodeAddress + 7))
        #expect(guest.cpu[.r11] == 2 | Flag.direction | Flag.carry)
        // The frame of #GP: user's selectors as SYSRET made them, the flags restored.
        #expect(guest.stack(2) == UInt64(LongModeGuest.userCode))
        #expect(guest.stack(5) == UInt64(LongModeGuest.userData))
        #expect(guest.stack(3) & Flag.direction != 0)
    }

    @Test func interruptReturnToUserAndBack() {
        // push 0x23; push 0x70000; push 0x202; push 0x2b; push 0x20000; iretq
        let guest = LongModeGuest([
            0x6a, 0x23, 0x68, 0, 0, 7, 0, 0x68, 2, 2, 0, 0, 0x6a, 0x2b, 0x68, 0, 0, 2, 0, 0x48, 0xcf,
        ])
        guest.machine.store([0xcc], at: LongModeGuest.userCodeAddress)
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 3)
        #expect(guest.stack(1) == UInt64(LongModeGuest.userCode))
        #expect(guest.stack(2) == 0x202)
        #expect(guest.stack(3) == UInt64(LongModeGuest.userStackTop))
    }

    @Test func userCannotRaiseItsPrivilegeByFlags() {
        // pushfq; or qword [rsp], 0x3200; popfq; pushfq; pop rax; int3
        let guest = LongModeGuest([])
        guest.enterUser([0x9c, 0x48, 0x81, 0x0c, 0x24, 0, 0x32, 0, 0, 0x9d, 0x9c, 0x58, 0xcc])
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 3)
        #expect(guest.cpu[.rax] == 2)
    }

    @Test func portsByPrivilegeAndMap() {
        // in al, 0xe0; int3
        let program: [UInt8] = [0xe4, 0xe0, 0xcc]
        var guest = LongModeGuest([])
        guest.enterUser(program, ioPrivilege: 3)
        guest.machine.writePort(0xe0, size: 1, value: 0x5a)
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 3)
        #expect(guest.cpu[.rax] & 0xff == 0x5a)

        // The map is 32 bytes from 0x68 on: port 0xe0 allowed, everything else not.
        for (bit, vector) in [(UInt8(0xfe), UInt8(3)), (0xff, 13)] {
            guest = LongModeGuest([])
            guest.enterUser(program)
            guest.setSegment(
                7, LongModeGuest.task, 0x008b, base: UInt64(LongModeGuest.taskState), limit: 0x68 + 32)
            for index in 0...32 { guest.machine.store(UInt8(0xff), at: LongModeGuest.taskState + 0x68 + index) }
            guest.machine.store(bit, at: LongModeGuest.taskState + 0x68 + 0xe0 / 8)
            #expect(guest.machine.run() == .halted)
            #expect(guest.vector == vector)
        }
    }

    @Test func accessPreventionAndStac() {
        // mov rax, cr4; bts rax, 21; mov cr4, rax; stac; mov al, [0x20000]; clac; mov al, [0x20000]
        let guest = LongModeGuest([
            0x0f, 0x20, 0xe0, 0x48, 0x0f, 0xba, 0xe8, 21, 0x0f, 0x22, 0xe0,
            0x0f, 0x01, 0xcb, 0x8a, 0x04, 0x25, 0, 0, 5, 0,
            0x0f, 0x01, 0xca, 0x8a, 0x04, 0x25, 0, 0, 5, 0,
        ])
        // With SMAP, what the supervisor itself uses must not be the user's.
        for page in [4, 5, 7, 8, 0xa, 0x10, 0x5f] {
            let at = 0xd000 + page * 8
            guest.machine.store(guest.machine.load(at, UInt64.self) & ~4, at: at)
        }
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 14)
        #expect(guest.stack(0) == 1)
        #expect(guest.stack(1) == UInt64(LongModeGuest.codeAddress + 24))
        #expect(guest.cpu.get(StateLayout.cr2, as: UInt64.self) == 0x5_0000)
    }

    @Test func segmentBasesByEveryWay() {
        // mov rax, cr4; bts rax, 16; mov cr4, rax; mov ecx, 0xc0000101; mov eax, 0x1234; xor edx, edx; wrmsr;
        // inc ecx; mov eax, 0x5678; wrmsr; swapgs; rdgsbase rbx; swapgs; rdgsbase rsi; wrfsbase rbx; rdfsbase rdi; hlt
        let guest = LongModeGuest([
            0x0f, 0x20, 0xe0, 0x48, 0x0f, 0xba, 0xe8, 16, 0x0f, 0x22, 0xe0,
            0xb9, 0x01, 0x01, 0, 0xc0, 0xb8, 0x34, 0x12, 0, 0, 0x31, 0xd2, 0x0f, 0x30,
            0xff, 0xc1, 0xb8, 0x78, 0x56, 0, 0, 0x0f, 0x30,
            0x0f, 0x01, 0xf8, 0xf3, 0x48, 0x0f, 0xae, 0xcb, 0x0f, 0x01, 0xf8, 0xf3, 0x48, 0x0f, 0xae, 0xce,
            0xf3, 0x48, 0x0f, 0xae, 0xd3, 0xf3, 0x48, 0x0f, 0xae, 0xc7, 0xf4,
        ])
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 255)
        #expect(guest.cpu[.rbx] == 0x5678)
        #expect(guest.cpu[.rsi] == 0x1234)
        #expect(guest.cpu[.rdi] == 0x5678)
    }

    @Test func farCallToCompatibilityModeAndBack() {
        // lcall [rip+…] to 32-bit code is left with RETF: push 0x1b-like selectors are for outer levels; here: conforming
        // 64-bit code by RETFQ. push 0x48; push 0x10020; rex.w retf
        var code = [UInt8](repeating: 0x90, count: 0x30)
        code.replaceSubrange(0..<10, with: [0x6a, 0x48, 0x68, 0x20, 0, 1, 0, 0x48, 0xcb, 0xf4])
        // mov ax, cs; hlt
        code.replaceSubrange(0x20..<0x24, with: [0x66, 0x8c, 0xc8, 0xf4])
        let guest = LongModeGuest(code)
        #expect(guest.machine.run() == .halted)
        #expect(guest.vector == 255)
        #expect(guest.cpu[.rax] & 0xffff == 0x48)
    }
}
