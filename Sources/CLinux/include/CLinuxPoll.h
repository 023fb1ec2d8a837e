// ppoll(2), which the headers show only to programs that ask for GNU's extensions.
#ifndef CLINUX_POLL_H
#define CLINUX_POLL_H

#include <poll.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/// Waits until `fd` is readable, at most `timeout_ns` nanoseconds (negative: for ever): 1, 0 at the timeout, or -1.
static inline int rk_wait_readable(int fd, int64_t timeout_ns) {
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    struct timespec time = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    return (int)syscall(SYS_ppoll, &watched, 1, timeout_ns < 0 ? 0 : &time, 0, 0);
}

#endif
