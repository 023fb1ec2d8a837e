#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "work.h"

uint64_t monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct result failed(const char *what) {
    struct result result = {0};
    snprintf(result.failure, sizeof result.failure, "%s: %s", what, strerror(errno));
    return result;
}

struct result compute(uint64_t steps) {
    uint64_t started = monotonic_nanoseconds();
    uint64_t state = started | 1, sum = 0;
    for (uint64_t step = 0; step < steps; step++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        sum += state;
    }
    // The sum has to be somewhere, or the loop would be nowhere.
    __asm__ volatile("" : : "r"(sum));
    return (struct result){.operations = steps, .nanoseconds = monotonic_nanoseconds() - started};
}

struct result system_calls(uint64_t count) {
    uint64_t started = monotonic_nanoseconds();
    for (uint64_t call = 0; call < count; call++) syscall(SYS_getppid);
    return (struct result){.operations = count, .nanoseconds = monotonic_nanoseconds() - started};
}

struct result write_disk(const char *path, uint64_t byte_count, uint64_t count) {
    static uint8_t block[4096] __attribute__((aligned(4096)));
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return failed(path);
    // What others have to write is not to be waited for here.
    fsync(file);
    uint64_t places = byte_count / sizeof block, started = monotonic_nanoseconds();
    for (uint64_t number = 0; number < count; number++) {
        memcpy(block, &number, sizeof number);
        if (pwrite(file, block, sizeof block, (off_t)(number % places * sizeof block)) != sizeof block
            || fdatasync(file) != 0) {
            struct result result = failed("write");
            close(file);
            return result;
        }
    }
    struct result result = {.operations = count, .nanoseconds = monotonic_nanoseconds() - started};
    close(file);
    return result;
}
