#define _GNU_SOURCE
#include "CX86Oracle.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <asm/ldt.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

enum { USER_CS32 = 0x23, USER_CS64 = 0x33, USER_SS = 0x2b, LDT_CODE16 = 0x07, LDT_DATA16 = 0x0f, TRAP_FLAG = 0x100, RESUME_FLAG = 0x10000, DIRECTION_FLAG = 0x400,
       ALIGNMENT_FLAG = 0x40000 };

_Static_assert(offsetof(cx86_oracle_state, fx) == 192, "the assembly below knows this offset");

void cx86_oracle_enter(cx86_oracle_state *state, uint64_t *frame, uint64_t data_selector);
extern char cx86_oracle_leave[];
/// Where an instruction that runs without the trap flag jumps to.
extern char cx86_oracle_finish[];
/// What `cx86_oracle_finish` saves: registers, flags, then FXSAVE's image at 192.
extern cx86_oracle_state cx86_oracle_finished;

// Callee-saved registers and the floating-point control words go to the stack, whose pointer is kept in memory. IRET
// loads RIP, CS, RFLAGS, RSP and SS at once, so the trap flag takes effect behind the instruction under test.
__asm__(
    ".text\n"
    ".hidden cx86_oracle_enter\n"
    ".globl cx86_oracle_enter\n"
    ".type cx86_oracle_enter, @function\n"
    "cx86_oracle_enter:\n"
    "    pushq %rbx\n    pushq %rbp\n    pushq %r12\n    pushq %r13\n    pushq %r14\n    pushq %r15\n"
    "    subq $8, %rsp\n"
    "    stmxcsr (%rsp)\n"
    "    fnstcw 4(%rsp)\n"
    "    movq %rsp, cx86_oracle_stack(%rip)\n"
    "    movl %edx, %ds\n"
    "    movl %edx, %es\n"
    "    fxrstor64 192(%rdi)\n"
    "    movq %rsi, %rsp\n"
    "    movq 0(%rdi), %rax\n    movq 8(%rdi), %rcx\n    movq 16(%rdi), %rdx\n    movq 24(%rdi), %rbx\n"
    "    movq 40(%rdi), %rbp\n    movq 48(%rdi), %rsi\n"
    "    movq 64(%rdi), %r8\n    movq 72(%rdi), %r9\n    movq 80(%rdi), %r10\n    movq 88(%rdi), %r11\n"
    "    movq 96(%rdi), %r12\n    movq 104(%rdi), %r13\n    movq 112(%rdi), %r14\n    movq 120(%rdi), %r15\n"
    "    movq 56(%rdi), %rdi\n"
    "    iretq\n"
    ".hidden cx86_oracle_leave\n"
    ".globl cx86_oracle_leave\n"
    "cx86_oracle_leave:\n"
    "    movq cx86_oracle_stack(%rip), %rsp\n"
    // POPF may have left NT, with which IRET would fault.
    "    pushq $0x202\n"
    "    popfq\n"
    "    fninit\n"
    "    fldcw 4(%rsp)\n"
    "    ldmxcsr (%rsp)\n"
    "    addq $8, %rsp\n"
    "    popq %r15\n    popq %r14\n    popq %r13\n    popq %r12\n    popq %rbp\n    popq %rbx\n"
    "    ret\n"
    ".hidden cx86_oracle_finish\n"
    ".globl cx86_oracle_finish\n"
    "cx86_oracle_finish:\n"
    "    movq %rax, cx86_oracle_finished+0(%rip)\n    movq %rcx, cx86_oracle_finished+8(%rip)\n"
    "    movq %rdx, cx86_oracle_finished+16(%rip)\n    movq %rbx, cx86_oracle_finished+24(%rip)\n"
    "    movq %rsp, cx86_oracle_finished+32(%rip)\n    movq %rbp, cx86_oracle_finished+40(%rip)\n"
    "    movq %rsi, cx86_oracle_finished+48(%rip)\n    movq %rdi, cx86_oracle_finished+56(%rip)\n"
    "    movq %r8, cx86_oracle_finished+64(%rip)\n    movq %r9, cx86_oracle_finished+72(%rip)\n"
    "    movq %r10, cx86_oracle_finished+80(%rip)\n    movq %r11, cx86_oracle_finished+88(%rip)\n"
    "    movq %r12, cx86_oracle_finished+96(%rip)\n    movq %r13, cx86_oracle_finished+104(%rip)\n"
    "    movq %r14, cx86_oracle_finished+112(%rip)\n    movq %r15, cx86_oracle_finished+120(%rip)\n"
    "    movq cx86_oracle_stack(%rip), %rsp\n"
    "    pushfq\n"
    "    popq cx86_oracle_finished+136(%rip)\n"
    "    fxsave64 cx86_oracle_finished+192(%rip)\n"
    "    jmp cx86_oracle_leave\n"
    ".size cx86_oracle_enter, . - cx86_oracle_enter\n"
    ".local cx86_oracle_stack\n"
    ".comm cx86_oracle_stack, 8, 8\n");

__attribute__((visibility("hidden"))) cx86_oracle_state cx86_oracle_finished;

static const int signals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
enum { SIGNALS = sizeof signals / sizeof *signals };

static struct sigaction previous[SIGNALS];
static stack_t previous_stack;
static char signal_stack[64 * 1024] __attribute__((aligned(64)));
static cx86_oracle_state *volatile running;
static uint64_t start;
static int has_16_bits;

static void took(int number, siginfo_t *info, void *opaque) {
    // The kernel leaves AC as the instruction had it: nothing unaligned could be touched here.
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~(uint64_t)ALIGNMENT_FLAG);
    ucontext_t *context = opaque;
    greg_t *r = context->uc_mcontext.gregs;
    cx86_oracle_state *state = running;
    if (!state) {
        // Not ours: let it happen again, to whoever was there before.
        for (int i = 0; i < SIGNALS; i++)
            if (signals[i] == number) sigaction(number, &previous[i], NULL);
        return;
    }
    // A repeated string instruction traps after every iteration.
    if (r[REG_TRAPNO] == 1 && (uint64_t)r[REG_RIP] == start) return;

    static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                  REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    for (int i = 0; i < 16; i++) state->registers[i] = (uint64_t)r[order[i]];
    state->rip = (uint64_t)r[REG_RIP];
    state->flags = (uint64_t)r[REG_EFL] & ~(uint64_t)(TRAP_FLAG | RESUME_FLAG);
    state->vector = (uint64_t)r[REG_TRAPNO];
    state->error_code = (uint64_t)r[REG_ERR];
    state->cr2 = (uint64_t)r[REG_CR2];
    memcpy(state->fx, context->uc_mcontext.fpregs, sizeof state->fx);
    running = NULL;

    r[REG_RIP] = (greg_t)cx86_oracle_leave;
    r[REG_EFL] &= ~(greg_t)(TRAP_FLAG | RESUME_FLAG | DIRECTION_FLAG | ALIGNMENT_FLAG);
    // CS is the lowest word, SS the highest.
    uint64_t selectors = (uint64_t)r[REG_CSGSFS];
    r[REG_CSGSFS] = (greg_t)((selectors & 0x0000ffffffff0000) | USER_CS64 | (uint64_t)USER_SS << 48);
}

int cx86_oracle_open(void) {
    void *code = mmap((void *)(uintptr_t)CX86_ORACLE_CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (code == MAP_FAILED) return -1;
    // The neighbours are reserved without access, so that nothing else can come to lie there.
    char *data = mmap((void *)(uintptr_t)(CX86_ORACLE_DATA - 4096), CX86_ORACLE_DATA_BYTES + 8192, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (data == MAP_FAILED || mprotect(data + 4096, CX86_ORACLE_DATA_BYTES, PROT_READ | PROT_WRITE)) {
        munmap(code, 4096);
        return -1;
    }
    // Segments of 16-bit code and data over the pages; the data segment ends with them.
    struct user_desc code16 = {.entry_number = 0, .base_addr = CX86_ORACLE_CODE, .limit = 0xffff,
                               .contents = MODIFY_LDT_CONTENTS_CODE};
    struct user_desc data16 = {.entry_number = 1, .base_addr = CX86_ORACLE_DATA, .limit = CX86_ORACLE_DATA_BYTES - 1,
                               .contents = MODIFY_LDT_CONTENTS_DATA};
    has_16_bits = syscall(SYS_modify_ldt, 0x11, &code16, sizeof code16) == 0 &&
                  syscall(SYS_modify_ldt, 0x11, &data16, sizeof data16) == 0;
    stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    sigaltstack(&stack, &previous_stack);
    struct sigaction action = {.sa_sigaction = took, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    for (int i = 0; i < SIGNALS; i++) sigaction(signals[i], &action, &previous[i]);
    return 0;
}

void cx86_oracle_close(void) {
    for (int i = 0; i < SIGNALS; i++) sigaction(signals[i], &previous[i], NULL);
    sigaltstack(&previous_stack, NULL);
    munmap((void *)(uintptr_t)CX86_ORACLE_CODE, 4096);
    munmap((void *)(uintptr_t)(CX86_ORACLE_DATA - 4096), CX86_ORACLE_DATA_BYTES + 8192);
}

int cx86_oracle_has_16_bits(void) { return has_16_bits; }

void cx86_oracle_run(cx86_oracle_state *state, int bits, int length) {
    int straight = bits == 64 && length > 0;
    uint64_t frame[5] = {state->rip, bits == 16 ? LDT_CODE16 : bits == 32 ? USER_CS32 : USER_CS64,
                         (state->flags & ~(uint64_t)TRAP_FLAG) | (straight ? 0 : TRAP_FLAG) | 2, state->registers[4],
                         bits == 16 ? LDT_DATA16 : USER_SS};
    if (straight) {
        // JMP [RIP]: no register changes.
        static const unsigned char jump[6] = {0xff, 0x25};
        char *behind = (char *)(uintptr_t)state->rip + length;
        uint64_t target = (uint64_t)(uintptr_t)cx86_oracle_finish;
        memcpy(behind, jump, sizeof jump);
        memcpy(behind + sizeof jump, &target, sizeof target);
    }
    start = state->rip;
    running = state;
    cx86_oracle_enter(state, frame, bits == 16 ? LDT_DATA16 : USER_SS);
    if (running) {
        running = NULL;
        memcpy(state->registers, cx86_oracle_finished.registers, sizeof state->registers);
        memcpy(state->fx, cx86_oracle_finished.fx, sizeof state->fx);
        state->flags = cx86_oracle_finished.flags;
        state->rip += (uint64_t)length;
        state->vector = CX86_ORACLE_DONE;
    }
}
