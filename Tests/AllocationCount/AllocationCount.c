#include "AllocationCount.h"

#include <errno.h>
#include <stdlib.h>

static _Thread_local uint64_t count;

void allocation_count_start(void) { count = 0; }
uint64_t allocation_count(void) { return count; }

#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if defined(__GLIBC__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

// glibc's own, under the names that it keeps for programs that replace malloc.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
    count++;
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count++;
    return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
    count++;
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    count++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
    void *result = memalign(alignment, size);
    if (result == NULL) return ENOMEM;
    *block = result;
    return 0;
}

#endif

int allocation_count_works(void) {
    uint64_t before = count;
    // Through a pointer that the compiler cannot look through, or it would leave the pair out.
    void *(*volatile allocate)(size_t) = malloc;
    free(allocate(1));
    return count != before;
}
