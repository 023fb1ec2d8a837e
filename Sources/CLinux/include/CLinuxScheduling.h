// sched_setattr(2), for which glibc 2.36 has no function.
#ifndef CLINUX_SCHEDULING_H
#define CLINUX_SCHEDULING_H

#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/// The kernel's struct sched_attr, first version (include/uapi/linux/sched/types.h).
struct rk_sched_attr {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime;
    uint64_t deadline;
    uint64_t period;
};

/// Ordinary scheduling of the calling thread with a niceness and a slice in nanoseconds (Linux 6.12: a short slice is
/// scheduled sooner; older kernels ignore it).
static inline int rk_set_nice_and_slice(int32_t nice, uint64_t slice) {
    struct rk_sched_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.size = sizeof attributes;
    attributes.nice = nice;
    attributes.runtime = slice;
    return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

#endif
