// Instructions with an immediate: the value is part of the instruction, so there is a function for each, 32 or 64 bytes
// apart, and the one that is wanted is found by its address.
#include "CX86Vector.h"

#define DIGITS_4 "0,1,2,3"
#define DIGITS_8 "0,1,2,3,4,5,6,7"
#define DIGITS_16 "0,1,2,3,4,5,6,7,8,9,a,b,c,d,e,f"
#define HIGH_4 "0"
#define HIGH_8 "0"
#define HIGH_16 "0"
#define HIGH_256 DIGITS_16
#define LOW_4 DIGITS_4
#define LOW_8 DIGITS_8
#define LOW_16 DIGITS_16
#define LOW_256 DIGITS_16

/// `body` once for each value, which it calls $0x\h\l, each at a multiple of `bytes`.
#define FUNCTIONS(table, values, bytes, body) \
    __asm__(".text\n.balign 64\n.hidden " #table "\n.globl " #table "\n" #table ":\n" \
            ".irp h," HIGH_##values "\n.irp l," LOW_##values "\n.balign " #bytes "\n" body "\n.endr\n.endr\n" \
            ".balign 64\n"); \
    extern const char table[] __attribute__((visibility("hidden")));

// destination in RDI, source in RSI.
#define X(name, values) \
    FUNCTIONS(cx86_xmm_##name##_table, values, 32, BODY_##name(#name)) \
    cx86_packed cx86_xmm_##name(uint8_t immediate) { \
        return (cx86_packed)(uintptr_t)(cx86_xmm_##name##_table + 32 * (immediate & (values - 1))); \
    }
#define BODY(name) \
    "movdqa (%rdi), %xmm0\n" name " $0x\\h\\l, (%rsi), %xmm0\nmovdqa %xmm0, (%rdi)\nret"
#define BODY_pshufd BODY
#define BODY_pshufhw BODY
#define BODY_pshuflw BODY
#define BODY_shufps BODY
#define BODY_shufpd BODY
#define BODY_palignr BODY
#define BODY_pblendw BODY
#define BODY_blendps BODY
#define BODY_blendpd BODY
#define BODY_mpsadbw BODY
// With a source in memory INSERTPS ignores which of its elements is asked for.
#define BODY_insertps(name) \
    "movdqa (%rdi), %xmm0\nmovdqa (%rsi), %xmm1\n" name " $0x\\h\\l, %xmm1, %xmm0\nmovdqa %xmm0, (%rdi)\nret"
#define BODY_SHIFT(name) "movdqa (%rdi), %xmm0\n" name " $0x\\h\\l, %xmm0\nmovdqa %xmm0, (%rdi)\nret"
#define BODY_pslldq BODY_SHIFT
#define BODY_psrldq BODY_SHIFT
CX86_IMMEDIATE(X)
#undef X

#define X(name, values) \
    FUNCTIONS(cx86_mmx_##name##_table, values, 32, \
              "movq (%rdi), %mm0\n" #name " $0x\\h\\l, (%rsi), %mm0\nmovq %mm0, (%rdi)\nemms\nret") \
    cx86_packed cx86_mmx_##name(uint8_t immediate) { \
        return (cx86_packed)(uintptr_t)(cx86_mmx_##name##_table + 32 * (immediate & (values - 1))); \
    }
CX86_MMX_IMMEDIATE(X)
#undef X

// MXCSR in EDX. The red zone holds it, and the host's.
#define X(name, values) \
    FUNCTIONS(cx86_##name##_table, values, 64, \
              "movl %edx, -4(%rsp)\nmovl $0x1f80, -8(%rsp)\nldmxcsr -4(%rsp)\n" \
              "movaps (%rdi), %xmm0\n" #name " $0x\\h\\l, (%rsi), %xmm0\nmovaps %xmm0, (%rdi)\n" \
              "stmxcsr -4(%rsp)\nldmxcsr -8(%rsp)\nmovl -4(%rsp), %eax\nret") \
    cx86_floating cx86_##name(uint8_t immediate) { \
        return (cx86_floating)(uintptr_t)(cx86_##name##_table + 64 * (immediate & (values - 1))); \
    }
CX86_FLOATING_IMMEDIATE(X)
#undef X

// a in RDI, b in RSI, result in RDX, length of b in RCX, of a in R8; `instruction $…, (%rsi), %xmm1` with REX.W:
// lengths have 64 bits, and 32-bit ones come extended.
#define STRING(opcode) \
    "movq %rdx, %r9\nmovq %r8, %rax\nmovq %rcx, %rdx\nmovdqa (%rdi), %xmm1\n" \
    ".byte 0x66, 0x48, 0x0f, 0x3a, " opcode ", 0x0e, 0x\\h\\l\n" \
    "pushfq\npopq 24(%r9)\nmovl %ecx, 16(%r9)\nmovdqu %xmm0, (%r9)\nret"
#define OPCODE_pcmpestrm "0x60"
#define OPCODE_pcmpestri "0x61"
#define OPCODE_pcmpistrm "0x62"
#define OPCODE_pcmpistri "0x63"
#define X(name, values) \
    FUNCTIONS(cx86_##name##_table, values, 64, STRING(OPCODE_##name)) \
    cx86_string cx86_##name(uint8_t immediate) { \
        return (cx86_string)(uintptr_t)(cx86_##name##_table + 64 * (immediate & (values - 1))); \
    }
CX86_STRING(X)
#undef X
