#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

#include <stdint.h>

// Counts the calling thread's allocations. The object file takes the place of glibc's malloc and its kin in the program
// that links it, counts, and calls glibc's own; other threads and the time outside of a count are not disturbed.

/// Whether the program's allocations go through here: not under a sanitizer, which brings its own malloc.
int allocation_count_works(void);
/// Starts at 0.
void allocation_count_start(void);
/// The allocations of this thread since it started.
uint64_t allocation_count(void);

#endif
