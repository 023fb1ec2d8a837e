// MMX and SSE to SSE4.2: one function for each instruction, which runs it on the host. Operands lie in memory,
// 16-aligned where they are 16 bytes: the destination in the guest's register file, the source there or in its memory.
#ifndef ROOKERY_CX86_VECTOR_H
#define ROOKERY_CX86_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

/// Whether the host has everything up to SSE4.2. Without it, the functions here must not be called.
bool cx86_host_has_vectors(void);

/// destination = destination OP source.
typedef void (*cx86_packed)(void *destination, const void *source);
/// The same with a rounding mode and flags: runs under `mxcsr` and returns what it became. Everything is masked in it.
typedef uint32_t (*cx86_floating)(void *destination, const void *source, uint32_t mxcsr);
/// Compares scalars; `flags` gets ZF, PF and CF where RFLAGS has them.
typedef uint32_t (*cx86_compare)(const void *a, const void *b, uint32_t mxcsr, uint8_t *flags);
/// The sign bits of a vector's elements.
typedef uint32_t (*cx86_mask)(const void *source);
/// destination = mask ? source : destination, by the mask's sign bits.
typedef void (*cx86_blend)(void *destination, const void *source, const void *mask);

typedef struct {
    uint8_t mask[16];
    uint32_t index;
    uint32_t reserved;
    uint64_t flags;
} cx86_string_result;
/// PCMPESTRI and its kin: `lengths` of `a` and `b` as RAX and RDX have them; the implicit-length forms ignore them.
typedef void (*cx86_string)(
    const void *a, const void *b, cx86_string_result *result, int64_t length_b, int64_t length_a);

// Instructions that exist on MM and on XMM registers: cx86_mmx_paddb, cx86_xmm_paddb.
#define CX86_MMX_AND_XMM(X) \
    X(punpcklbw) X(punpcklwd) X(punpckldq) X(punpckhbw) X(punpckhwd) X(punpckhdq) \
    X(packsswb) X(packssdw) X(packuswb) \
    X(pcmpeqb) X(pcmpeqw) X(pcmpeqd) X(pcmpgtb) X(pcmpgtw) X(pcmpgtd) \
    X(paddb) X(paddw) X(paddd) X(paddq) X(paddsb) X(paddsw) X(paddusb) X(paddusw) \
    X(psubb) X(psubw) X(psubd) X(psubq) X(psubsb) X(psubsw) X(psubusb) X(psubusw) \
    X(pmullw) X(pmulhw) X(pmulhuw) X(pmulhrsw) X(pmuludq) X(pmaddwd) X(pmaddubsw) \
    X(pand) X(pandn) X(por) X(pxor) \
    X(psllw) X(pslld) X(psllq) X(psrlw) X(psrld) X(psrlq) X(psraw) X(psrad) \
    X(pavgb) X(pavgw) X(psadbw) X(pminub) X(pmaxub) X(pminsw) X(pmaxsw) \
    X(pshufb) X(phaddw) X(phaddd) X(phaddsw) X(phsubw) X(phsubd) X(phsubsw) \
    X(psignb) X(psignw) X(psignd) X(pabsb) X(pabsw) X(pabsd)

#define CX86_XMM_ONLY(X) \
    X(punpcklqdq) X(punpckhqdq) X(packusdw) X(pcmpeqq) X(pcmpgtq) X(pmulld) X(pmuldq) \
    X(pminuw) X(pminud) X(pminsb) X(pminsd) X(pmaxuw) X(pmaxud) X(pmaxsb) X(pmaxsd) X(phminposuw) \
    X(unpcklps) X(unpcklpd) X(unpckhps) X(unpckhpd) X(movddup) X(movsldup) X(movshdup) \
    X(andps) X(andpd) X(andnps) X(andnpd) X(orps) X(orpd) X(xorps) X(xorpd) \
    X(pmovsxbw) X(pmovsxbd) X(pmovsxbq) X(pmovsxwd) X(pmovsxwq) X(pmovsxdq) \
    X(pmovzxbw) X(pmovzxbd) X(pmovzxbq) X(pmovzxwd) X(pmovzxwq) X(pmovzxdq)

// Instructions that MXCSR governs: cx86_addps.
#define CX86_FLOATING(X) \
    X(addps) X(addpd) X(addss) X(addsd) X(subps) X(subpd) X(subss) X(subsd) \
    X(mulps) X(mulpd) X(mulss) X(mulsd) X(divps) X(divpd) X(divss) X(divsd) \
    X(minps) X(minpd) X(minss) X(minsd) X(maxps) X(maxpd) X(maxss) X(maxsd) \
    X(sqrtps) X(sqrtpd) X(sqrtss) X(sqrtsd) X(rsqrtps) X(rsqrtss) X(rcpps) X(rcpss) \
    X(haddps) X(haddpd) X(hsubps) X(hsubpd) X(addsubps) X(addsubpd) \
    X(cvtps2pd) X(cvtpd2ps) X(cvtss2sd) X(cvtsd2ss) X(cvtdq2ps) X(cvtps2dq) X(cvttps2dq) \
    X(cvtdq2pd) X(cvtpd2dq) X(cvttpd2dq) \
    X(cvtsi2ssl) X(cvtsi2ssq) X(cvtsi2sdl) X(cvtsi2sdq) X(cvtpi2ps) X(cvtpi2pd)

// Conversions to integers. The destination is 4 or 8 bytes: general registers' 32- and 64-bit forms, and MM registers.
#define CX86_TO_GENERAL(X) X(cvtss2si) X(cvttss2si) X(cvtsd2si) X(cvttsd2si)
#define CX86_TO_MMX(X) X(cvtps2pi) X(cvttps2pi) X(cvtpd2pi) X(cvttpd2pi)

#define CX86_COMPARE(X) X(comiss) X(comisd) X(ucomiss) X(ucomisd)
#define CX86_BLEND(X) X(pblendvb) X(blendvps) X(blendvpd)

// Instructions with an immediate: a function for each of its values. X(name, how many of its values matter)
#define CX86_IMMEDIATE(X) \
    X(pshufd, 256) X(pshufhw, 256) X(pshuflw, 256) X(shufps, 256) X(shufpd, 4) X(palignr, 256) \
    X(pblendw, 256) X(blendps, 16) X(blendpd, 4) X(mpsadbw, 8) X(insertps, 256) X(pslldq, 256) X(psrldq, 256)
#define CX86_MMX_IMMEDIATE(X) X(pshufw, 256) X(palignr, 256)
#define CX86_FLOATING_IMMEDIATE(X) \
    X(cmpps, 8) X(cmppd, 8) X(cmpss, 8) X(cmpsd, 8) X(roundps, 16) X(roundpd, 16) X(roundss, 16) X(roundsd, 16) \
    X(dpps, 256) X(dppd, 256)
#define CX86_STRING(X) X(pcmpestri, 256) X(pcmpestrm, 256) X(pcmpistri, 256) X(pcmpistrm, 256)

#define X(name) void cx86_xmm_##name(void *destination, const void *source);
CX86_MMX_AND_XMM(X)
CX86_XMM_ONLY(X)
#undef X
#define X(name) void cx86_mmx_##name(void *destination, const void *source);
CX86_MMX_AND_XMM(X)
#undef X
#define X(name) uint32_t cx86_##name(void *destination, const void *source, uint32_t mxcsr);
CX86_FLOATING(X)
CX86_TO_MMX(X)
#undef X
#define X(name) \
    uint32_t cx86_##name##_32(void *destination, const void *source, uint32_t mxcsr); \
    uint32_t cx86_##name##_64(void *destination, const void *source, uint32_t mxcsr);
CX86_TO_GENERAL(X)
#undef X
#define X(name) uint32_t cx86_##name(const void *a, const void *b, uint32_t mxcsr, uint8_t *flags);
CX86_COMPARE(X)
#undef X
#define X(name) void cx86_##name(void *destination, const void *source, const void *mask);
CX86_BLEND(X)
#undef X
#define X(name, values) cx86_packed cx86_xmm_##name(uint8_t immediate);
CX86_IMMEDIATE(X)
#undef X
#define X(name, values) cx86_packed cx86_mmx_##name(uint8_t immediate);
CX86_MMX_IMMEDIATE(X)
#undef X
#define X(name, values) cx86_floating cx86_##name(uint8_t immediate);
CX86_FLOATING_IMMEDIATE(X)
#undef X
#define X(name, values) cx86_string cx86_##name(uint8_t immediate);
CX86_STRING(X)
#undef X

// Those that libraries' loops over memory and strings are made of, for handlers of their own.
#define CX86_INLINE(X) \
    X(pxor) X(por) X(pand) X(pandn) X(pcmpeqb) X(pcmpeqd) X(pminub) X(psubb) X(paddb) X(paddd) X(paddq) \
    X(punpcklbw) X(punpcklwd) X(punpckldq) X(punpcklqdq)

typedef long long cx86_vector __attribute__((vector_size(16)));

#define X(name) \
    static inline void cx86_inline_##name(void *destination, const void *source) { \
        cx86_vector value = *(const cx86_vector *)destination; \
        __asm__(#name " %1, %0" : "+x"(value) : "m"(*(const cx86_vector *)source)); \
        *(cx86_vector *)destination = value; \
    }
CX86_INLINE(X)
#undef X

static inline uint32_t cx86_inline_pmovmskb(const void *source) {
    uint32_t result;
    __asm__("pmovmskb %1, %0" : "=r"(result) : "x"(*(const cx86_vector *)source));
    return result;
}

uint32_t cx86_mmx_pmovmskb(const void *source);
uint32_t cx86_movmskps(const void *source);
uint32_t cx86_movmskpd(const void *source);

#endif
