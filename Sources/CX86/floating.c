// Instructions that MXCSR governs. The guest's MXCSR is in force for the one instruction; then the host's again, which
// is what the ABI asks for at every call: round to nearest, everything masked.
#include "CX86Vector.h"

static const uint32_t host = 0x1f80;

#define X(name) \
    uint32_t cx86_##name(void *destination, const void *source, uint32_t mxcsr) { \
        __asm__ volatile("ldmxcsr %0\n\tmovaps (%1), %%xmm0\n\t" #name " (%2), %%xmm0\n\tmovaps %%xmm0, (%1)\n\t" \
                         "stmxcsr %0\n\tldmxcsr %3" \
                         : "+m"(mxcsr) : "r"(destination), "r"(source), "m"(host) : "xmm0", "memory"); \
        return mxcsr; \
    }
CX86_FLOATING(X)
#undef X

#define TO_GENERAL(function, instruction, register, move) \
    uint32_t function(void *destination, const void *source, uint32_t mxcsr) { \
        __asm__ volatile("ldmxcsr %0\n\t" instruction " (%2), " register "\n\t" move " " register ", (%1)\n\t" \
                         "stmxcsr %0\n\tldmxcsr %3" \
                         : "+m"(mxcsr) : "r"(destination), "r"(source), "m"(host) : "rax", "memory"); \
        return mxcsr; \
    }
#define X(name) \
    TO_GENERAL(cx86_##name##_32, #name, "%%eax", "movl") \
    TO_GENERAL(cx86_##name##_64, #name, "%%rax", "movq")
CX86_TO_GENERAL(X)
#undef X
#define X(name) \
    uint32_t cx86_##name(void *destination, const void *source, uint32_t mxcsr) { \
        __asm__ volatile("ldmxcsr %0\n\t" #name " (%2), %%mm0\n\tmovq %%mm0, (%1)\n\temms\n\t" \
                         "stmxcsr %0\n\tldmxcsr %3" \
                         : "+m"(mxcsr) : "r"(destination), "r"(source), "m"(host) : "mm0", "memory"); \
        return mxcsr; \
    }
CX86_TO_MMX(X)
#undef X

#define LOAD_comiss "movss"
#define LOAD_ucomiss "movss"
#define LOAD_comisd "movsd"
#define LOAD_ucomisd "movsd"
#define X(name) \
    uint32_t cx86_##name(const void *a, const void *b, uint32_t mxcsr, uint8_t *flags) { \
        __asm__ volatile("ldmxcsr %0\n\t" LOAD_##name " (%1), %%xmm0\n\t" #name " (%2), %%xmm0\n\tlahf\n\t" \
                         "movb %%ah, (%3)\n\tstmxcsr %0\n\tldmxcsr %4" \
                         : "+m"(mxcsr) : "r"(a), "r"(b), "r"(flags), "m"(host) : "rax", "xmm0", "cc", "memory"); \
        return mxcsr; \
    }
CX86_COMPARE(X)
#undef X
