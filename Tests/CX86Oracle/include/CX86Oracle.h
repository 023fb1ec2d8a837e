// Runs one instruction on the real CPU, for tests of the CPU in software.
//
// The caller writes the instruction into the code page and its operands into the data pages, fills a state and calls
// `cx86_oracle_run`: all registers are loaded, one instruction runs under the trap flag, and the state that the
// kernel saved for the signal (SIGTRAP, or that of the exception) is handed back. 32-bit code runs the same way, in the
// kernel's 32-bit code segment; 16-bit code in one of the local descriptor table.
#ifndef ROOKERY_CX86_ORACLE_H
#define ROOKERY_CX86_ORACLE_H

#include <stdint.h>

enum {
    /// One page, readable, writable, executable.
    CX86_ORACLE_CODE = 0x20000000,
    /// Two pages with an unmapped one before and behind.
    CX86_ORACLE_DATA = 0x20010000,
    CX86_ORACLE_DATA_BYTES = 8192,
    /// In `vector`: the instruction ran to its end.
    CX86_ORACLE_DONE = 1,
};

typedef struct {
    /// RAX RCX RDX RBX RSP RBP RSI RDI R8 … R15: encoding order. RSP, too, is the instruction's.
    uint64_t registers[16];
    uint64_t rip;
    uint64_t flags;
    /// Of the exception (0 #DE, 6 #UD, 13 #GP, 14 #PF, 16 #MF, 19 #XM …), or CX86_ORACLE_DONE. Set by the run.
    uint64_t vector;
    uint64_t error_code;
    uint64_t cr2;
    uint64_t reserved[3];
    /// x87, MMX, XMM, MXCSR in FXSAVE64's layout.
    uint8_t fx[512] __attribute__((aligned(16)));
} cx86_oracle_state;

/// Maps the pages and installs handlers of SIGTRAP, SIGSEGV, SIGBUS, SIGILL and SIGFPE, which stay until
/// `cx86_oracle_close`. One thread at a time may use the oracle. 0, or -1 with errno.
int cx86_oracle_open(void);
void cx86_oracle_close(void);

/// Whether the kernel has modify_ldt, for 16-bit code.
int cx86_oracle_has_16_bits(void);

/// Runs the instruction at `state->rip`; `bits` is 16, 32 or 64. (In 16-bit code, RIP and addresses are offsets in segments
/// whose base are the code and the data pages; the data segment ends with these; bits 16 to 31 of ESP are undefined.) A repeated string instruction runs to its end. An
/// instruction must not jump to itself. Where `length` is the instruction's (64-bit code, no jumps, at least 14 bytes
/// of the code page behind it), it runs without a signal, which is a hundred times faster; 0: any instruction.
void cx86_oracle_run(cx86_oracle_state *state, int bits, int length);

#endif
