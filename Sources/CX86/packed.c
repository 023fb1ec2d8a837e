// Instructions that neither round nor fault.
#include "CX86Vector.h"

#include <cpuid.h>

bool cx86_host_has_vectors(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2) && (c & bit_SSSE3);
}

#define X(name) \
    void cx86_xmm_##name(void *destination, const void *source) { \
        __asm__ volatile("movdqa (%0), %%xmm0\n\t" #name " (%1), %%xmm0\n\tmovdqa %%xmm0, (%0)" \
                         : : "r"(destination), "r"(source) : "xmm0", "memory"); \
    }
CX86_MMX_AND_XMM(X)
CX86_XMM_ONLY(X)
#undef X

// The host's x87 stack is empty whenever compiled code runs, so EMMS is all that has to be put right.
#define X(name) \
    void cx86_mmx_##name(void *destination, const void *source) { \
        __asm__ volatile("movq (%0), %%mm0\n\t" #name " (%1), %%mm0\n\tmovq %%mm0, (%0)\n\temms" \
                         : : "r"(destination), "r"(source) : "mm0", "memory"); \
    }
CX86_MMX_AND_XMM(X)
#undef X

#define X(name) \
    void cx86_##name(void *destination, const void *source, const void *mask) { \
        __asm__ volatile("movdqa (%2), %%xmm0\n\tmovdqa (%0), %%xmm1\n\t" #name " %%xmm0, (%1), %%xmm1\n\t" \
                         "movdqa %%xmm1, (%0)" \
                         : : "r"(destination), "r"(source), "r"(mask) : "xmm0", "xmm1", "memory"); \
    }
CX86_BLEND(X)
#undef X

uint32_t cx86_mmx_pmovmskb(const void *source) {
    uint32_t result;
    __asm__ volatile("movq (%1), %%mm0\n\tpmovmskb %%mm0, %0\n\temms" : "=r"(result) : "r"(source) : "mm0", "memory");
    return result;
}

#define X(function, name) \
    uint32_t function(const void *source) { \
        uint32_t result; \
        __asm__ volatile("movdqa (%1), %%xmm0\n\t" #name " %%xmm0, %0" \
                         : "=r"(result) : "r"(source) : "xmm0", "memory"); \
        return result; \
    }
X(cx86_movmskps, movmskps)
X(cx86_movmskpd, movmskpd)
#undef X
