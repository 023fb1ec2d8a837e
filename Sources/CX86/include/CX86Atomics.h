// Atomic operations on guest memory. x86 hosts order them as x86 guests expect: sequentially consistent.
#ifndef ROOKERY_CX86_ATOMICS_H
#define ROOKERY_CX86_ATOMICS_H

#include <stdint.h>

static inline uint32_t cx86_fetch_or32(void *p, uint32_t v) { return __atomic_fetch_or((uint32_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint32_t cx86_fetch_and32(void *p, uint32_t v) { return __atomic_fetch_and((uint32_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint8_t cx86_fetch_or8(void *p, uint8_t v) { return __atomic_fetch_or((uint8_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint8_t cx86_fetch_and8(void *p, uint8_t v) { return __atomic_fetch_and((uint8_t *)p, v, __ATOMIC_SEQ_CST); }
static inline uint32_t cx86_exchange32(void *p, uint32_t v) { return __atomic_exchange_n((uint32_t *)p, v, __ATOMIC_SEQ_CST); }

#endif
