// Atomic operations on guest memory. x86 hosts order them as x86 guests expect: sequentially consistent. The pointers
// may be unaligned, as a guest's are: the host's locked instructions take them.
#ifndef ROOKERY_CX86_ATOMICS_H
#define ROOKERY_CX86_ATOMICS_H

#include <stdint.h>

static inline uint32_t cx86_fetch_or32(void *p, uint32_t v) { return __atomic_fetch_or((uint32_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint32_t cx86_fetch_and32(void *p, uint32_t v) { return __atomic_fetch_and((uint32_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint8_t cx86_fetch_or8(void *p, uint8_t v) { return __atomic_fetch_or((uint8_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint8_t cx86_fetch_and8(void *p, uint8_t v) { return __atomic_fetch_and((uint8_t *)p, v, __ATOMIC_SEQ_CST); }

static inline uint8_t cx86_exchange8(void *p, uint8_t v) { __asm__ volatile("xchgb %0, %1" : "+q"(v), "+m"(*(uint8_t *)p) : : "memory"); return v; }
static inline uint16_t cx86_exchange16(void *p, uint16_t v) { __asm__ volatile("xchgw %0, %1" : "+r"(v), "+m"(*(uint16_t *)p) : : "memory"); return v; }
static inline uint32_t cx86_exchange32(void *p, uint32_t v) { __asm__ volatile("xchgl %0, %1" : "+r"(v), "+m"(*(uint32_t *)p) : : "memory"); return v; }
static inline uint64_t cx86_exchange64(void *p, uint64_t v) { __asm__ volatile("xchgq %0, %1" : "+r"(v), "+m"(*(uint64_t *)p) : : "memory"); return v; }

// LOCK CMPXCHG: what was there; the exchange happened where that is `old`.
static inline uint8_t cx86_compare_exchange8(void *p, uint8_t old, uint8_t v) {
    __asm__ volatile("lock cmpxchgb %2, %1" : "+a"(old), "+m"(*(uint8_t *)p) : "q"(v) : "memory", "cc");
    return old;
}
static inline uint16_t cx86_compare_exchange16(void *p, uint16_t old, uint16_t v) {
    __asm__ volatile("lock cmpxchgw %2, %1" : "+a"(old), "+m"(*(uint16_t *)p) : "r"(v) : "memory", "cc");
    return old;
}
static inline uint32_t cx86_compare_exchange32(void *p, uint32_t old, uint32_t v) {
    __asm__ volatile("lock cmpxchgl %2, %1" : "+a"(old), "+m"(*(uint32_t *)p) : "r"(v) : "memory", "cc");
    return old;
}
static inline uint64_t cx86_compare_exchange64(void *p, uint64_t old, uint64_t v) {
    __asm__ volatile("lock cmpxchgq %2, %1" : "+a"(old), "+m"(*(uint64_t *)p) : "r"(v) : "memory", "cc");
    return old;
}
/// `p` is 16-aligned. `old[0]` is the low half; what was there is left in it. Not 0: the exchange happened.
static inline uint8_t cx86_compare_exchange128(void *p, uint64_t old[2], uint64_t low, uint64_t high) {
    uint8_t equal;
    __asm__ volatile("lock cmpxchg16b %1\n\tsetz %0"
                     : "=q"(equal), "+m"(*(unsigned __int128 *)p), "+a"(old[0]), "+d"(old[1])
                     : "b"(low), "c"(high)
                     : "memory", "cc");
    return equal;
}

static inline uint8_t cx86_fetch_add8(void *p, uint8_t v) { __asm__ volatile("lock xaddb %0, %1" : "+q"(v), "+m"(*(uint8_t *)p) : : "memory", "cc"); return v; }
static inline uint16_t cx86_fetch_add16(void *p, uint16_t v) { __asm__ volatile("lock xaddw %0, %1" : "+r"(v), "+m"(*(uint16_t *)p) : : "memory", "cc"); return v; }
static inline uint32_t cx86_fetch_add32(void *p, uint32_t v) { __asm__ volatile("lock xaddl %0, %1" : "+r"(v), "+m"(*(uint32_t *)p) : : "memory", "cc"); return v; }
static inline uint64_t cx86_fetch_add64(void *p, uint64_t v) { __asm__ volatile("lock xaddq %0, %1" : "+r"(v), "+m"(*(uint64_t *)p) : : "memory", "cc"); return v; }

/// MFENCE.
static inline void cx86_fence(void) { __asm__ volatile("mfence" : : : "memory"); }

#endif
