import X86

/// A loop in machine code, what it starts with, and what it must end with.
struct BenchmarkProgram {
    var name: String
    var bytes: [UInt8]
    var registers: [(RegisterNumber, UInt64)]
    /// A register's value at the end, so that what is measured is known to be right.
    var result: (RegisterNumber, UInt64)

    /// A mix of shifts, exclusive ors and sums over a counter, in registers:
    ///
    ///     1: mov rax, rcx; shl rax, 13; xor rax, rcx; mov rdx, rax; shr rdx, 7; xor rax, rdx
    ///        lea rbx, [rbx+rax*2+5]; add rsi, rbx; sub rcx, 1; jnz 1b; hlt
    static let registers = BenchmarkProgram(
        name: "registers",
        bytes: [
            0x48, 0x89, 0xc8, 0x48, 0xc1, 0xe0, 0x0d, 0x48, 0x31, 0xc8, 0x48, 0x89, 0xc2, 0x48, 0xc1, 0xea, 0x07, 0x48,
            0x31, 0xd0, 0x48, 0x8d, 0x5c, 0x43, 0x05, 0x48, 0x01, 0xde, 0x48, 0x83, 0xe9, 0x01, 0x75, 0xde, 0xf4,
        ],
        registers: [(.rcx, 10_000_000), (.rbx, 1), (.rsi, 0)], result: (.rsi, mixture(10_000_000)))

    private static func mixture(_ count: UInt64) -> UInt64 {
        var (rbx, rsi): (UInt64, UInt64) = (1, 0)
        var rcx = count
        while rcx > 0 {
            var rax = rcx << 13 ^ rcx
            rax ^= rax >> 7
            rbx = rbx &+ rax &* 2 &+ 5
            rsi = rsi &+ rbx
            rcx -= 1
        }
        return rsi
    }

    /// Eratosthenes' sieve in bytes:
    ///
    ///     0: mov rcx, 0
    ///     1: mov byte [rdi+rcx], 1; inc rcx; cmp rcx, r8; jb 1b
    ///        mov rcx, 2
    ///     2: cmp byte [rdi+rcx], 0; je 4f; lea rax, [rcx+rcx]; cmp rax, r8; jae 4f
    ///     3: mov byte [rdi+rax], 0; add rax, rcx; cmp rax, r8; jb 3b
    ///     4: inc rcx; cmp rcx, r8; jb 2b; dec r9; jne 0b; hlt
    static let sieve = BenchmarkProgram(
        name: "sieve",
        bytes: [
            0x48, 0xc7, 0xc1, 0, 0, 0, 0, 0xc6, 0x04, 0x0f, 0x01, 0x48, 0xff, 0xc1, 0x4c, 0x39, 0xc1, 0x72, 0xf4, 0x48,
            0xc7, 0xc1, 0x02, 0, 0, 0, 0x80, 0x3c, 0x0f, 0x00, 0x74, 0x15, 0x48, 0x8d, 0x04, 0x09, 0x4c, 0x39, 0xc0,
            0x73, 0x0c, 0xc6, 0x04, 0x07, 0x00, 0x48, 0x01, 0xc8, 0x4c, 0x39, 0xc0, 0x72, 0xf4, 0x48, 0xff, 0xc1, 0x4c,
            0x39, 0xc1, 0x72, 0xdd, 0x49, 0xff, 0xc9, 0x75, 0xbe, 0xf4,
        ],
        registers: [(.rdi, BareMachine.data), (.r8, 100_000), (.r9, 60)], result: (.rcx, 100_000))

    /// Bubble sort of 32-bit words that a congruential generator makes:
    ///
    ///     0: xor ecx, ecx
    ///     1: imul eax, eax, 1664525; add eax, 1013904223; mov [rdi+rcx*4], eax; inc ecx; cmp ecx, r8d; jb 1b
    ///        mov edx, r8d
    ///     2: dec edx; je 5f; xor ecx, ecx
    ///     3: mov esi, [rdi+rcx*4]; mov ebx, [rdi+rcx*4+4]; cmp esi, ebx; jbe 4f
    ///        mov [rdi+rcx*4], ebx; mov [rdi+rcx*4+4], esi
    ///     4: inc ecx; cmp ecx, edx; jb 3b; jmp 2b
    ///     5: dec r9; jne 0b; hlt
    static let sort = BenchmarkProgram(
        name: "sort",
        bytes: [
            0x31, 0xc9, 0x69, 0xc0, 0x0d, 0x66, 0x19, 0x00, 0x05, 0x5f, 0xf3, 0x6e, 0x3c, 0x89, 0x04, 0x8f, 0xff, 0xc1,
            0x44, 0x39, 0xc1, 0x72, 0xeb, 0x44, 0x89, 0xc2, 0xff, 0xca, 0x74, 0x1c, 0x31, 0xc9, 0x8b, 0x34, 0x8f, 0x8b,
            0x5c, 0x8f, 0x04, 0x39, 0xde, 0x76, 0x07, 0x89, 0x1c, 0x8f, 0x89, 0x74, 0x8f, 0x04, 0xff, 0xc1, 0x39, 0xd1,
            0x72, 0xe8, 0xeb, 0xe0, 0x49, 0xff, 0xc9, 0x75, 0xc1, 0xf4,
        ],
        registers: [(.rdi, BareMachine.data), (.r8, 1000), (.r9, 30), (.rax, 1)], result: (.rdx, 0))

    /// Fibonacci's numbers by recursion:
    ///
    ///        call f; hlt
    ///     f: cmp edi, 2; jb 1f; push rbx; push rdi; dec edi; call f; mov ebx, eax; pop rdi; sub edi, 2; call f
    ///        add eax, ebx; pop rbx; ret
    ///     1: mov eax, edi; ret
    static let calls = BenchmarkProgram(
        name: "calls",
        bytes: [
            0xe8, 0x01, 0, 0, 0, 0xf4, 0x83, 0xff, 0x02, 0x72, 0x18, 0x53, 0x57, 0xff, 0xcf, 0xe8, 0xf2, 0xff, 0xff,
            0xff, 0x89, 0xc3, 0x5f, 0x83, 0xef, 0x02, 0xe8, 0xe7, 0xff, 0xff, 0xff, 0x01, 0xd8, 0x5b, 0xc3, 0x89, 0xf8,
            0xc3,
        ],
        registers: [(.rdi, 32)], result: (.rax, 2_178_309))

    /// REP MOVSB, 64 KiB at a time:
    ///
    ///     0: mov rsi, r10; mov rdi, r11; mov rcx, rdx; rep movsb; dec r9; jne 0b; hlt
    static let copy = BenchmarkProgram(
        name: "copy",
        bytes: [0x4c, 0x89, 0xd6, 0x4c, 0x89, 0xdf, 0x48, 0x89, 0xd1, 0xf3, 0xa4, 0x49, 0xff, 0xc9, 0x75, 0xf0, 0xf4],
        registers: [(.r10, BareMachine.data), (.r11, BareMachine.data + 0x10_0000), (.rdx, 65536), (.r9, 20_000)],
        result: (.rcx, 0))
}
