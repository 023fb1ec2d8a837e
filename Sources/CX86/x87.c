#include "CX86X87.h"

#include <string.h>

// Every instruction of two bytes, with a RET, 4 bytes apart: those with a memory operand at (RSI), /0 to /7 for each
// first byte, then C0 to FF for each first byte. Bytes that are no instruction stand between them, never called.
__asm__(".text\n.balign 64\n"
        "cx86_x87_memory:\n"
        ".irp first,d8,d9,da,db,dc,dd,de,df\n.irp digit,0,1,2,3,4,5,6,7\n"
        ".byte 0x\\first, 8 * \\digit + 6\nret\n.balign 4\n"
        ".endr\n.endr\n"
        "cx86_x87_registers:\n"
        ".irp first,d8,d9,da,db,dc,dd,de,df\n.irp high,c,d,e,f\n.irp low,0,1,2,3,4,5,6,7,8,9,a,b,c,d,e,f\n"
        ".byte 0x\\first, 0x\\high\\low\nret\n.balign 4\n"
        ".endr\n.endr\n.endr\n"
        ".balign 64\n");
extern const char cx86_x87_memory[] __attribute__((visibility("hidden")));
extern const char cx86_x87_registers[] __attribute__((visibility("hidden")));

const void *cx86_x87_code(uint8_t first, uint8_t second) {
    int group = first & 7;
    if (second < 0xc0) return cx86_x87_memory + 4 * (group * 8 + (second >> 3 & 7));
    return cx86_x87_registers + 4 * (group * 64 + (second & 0x3f));
}

// Offsets in the image.
enum { STATUS = 2, OPCODE = 6, INSTRUCTION = 8 };
enum { PENDING = 0x80 };

uint8_t cx86_x87_run(const void *from, void *to, void *operand, const void *code, uint8_t flags) {
    // The compiled code around this expects an empty stack, these control words and no exception pending.
    static const uint16_t control = 0x37f;
    static const uint32_t mxcsr = 0x1f80;
    // What the host says of its own instruction's address is not the guest's.
    uint64_t pointers[2];
    uint16_t opcode;
    memcpy(pointers, (const char *)from + INSTRUCTION, sizeof pointers);
    memcpy(&opcode, (const char *)from + OPCODE, sizeof opcode);
    register void *source __asm__("rsi") = operand;
    uint64_t accumulator = (uint64_t)flags << 8;
    __asm__ volatile(
        "fxrstor64 (%[from])\n\t"
        "sahf\n\t"
        "leaq -128(%%rsp), %%rsp\n\t"
        "call *%[code]\n\t"
        "leaq 128(%%rsp), %%rsp\n\t"
        "lahf\n\t"
        "fxsave64 (%[to])"
        : "+a"(accumulator)
        : [from] "r"(from), [to] "r"(to), "r"(source), [code] "r"(code)
        : "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
          "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    if (((const uint8_t *)to)[STATUS] & PENDING) __asm__ volatile("fnclex");
    __asm__ volatile("emms\n\tfldcw %0\n\tldmxcsr %1" : : "m"(control), "m"(mxcsr));
    memcpy((char *)to + INSTRUCTION, pointers, sizeof pointers);
    memcpy((char *)to + OPCODE, &opcode, sizeof opcode);
    return (uint8_t)(accumulator >> 8);
}

bool cx86_is_inexact(uint8_t operation, const void *a, const void *b, bool is_single, uint8_t rounding) {
    static const uint16_t standard = 0x37f;
    static const float one = 1;
    enum { DOUBLE_PRECISION = 0x200, INEXACT = 0x20 };
    // Everything masked; the precision is that of the result.
    uint16_t control = 0x7f | (is_single || operation == 4 ? 0 : DOUBLE_PRECISION) | (uint16_t)(rounding << 10);
    uint16_t status;
    if (is_single)
        __asm__ volatile("flds %0\n\tflds %1" : : "m"(*(const float *)a), "m"(*(const float *)b));
    else if (operation == 4)
        __asm__ volatile("fldl %0\n\tflds %1" : : "m"(*(const double *)a), "m"(one));
    else
        __asm__ volatile("fldl %0\n\tfldl %1" : : "m"(*(const double *)a), "m"(*(const double *)b));
    // ST(1) is `a`, ST(0) is `b`.
    __asm__ volatile("fnclex\n\tfldcw %0" : : "m"(control));
    switch (operation) {
    case 0: __asm__ volatile(".byte 0xdc, 0xc1"); break;
    case 1: __asm__ volatile(".byte 0xdc, 0xe9"); break;
    case 3: __asm__ volatile(".byte 0xdc, 0xf9"); break;
    default: __asm__ volatile(".byte 0xdc, 0xc9"); break;
    }
    __asm__ volatile("fnstsw %0\n\tfstp %%st\n\tfstp %%st\n\tfldcw %1" : "=m"(status) : "m"(standard));
    return status & INEXACT;
}
