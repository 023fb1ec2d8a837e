#define _GNU_SOURCE 1
#include "CLinuxIsolation.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// A program for the kernel's filter of system calls (seccomp(2)): a list of what is allowed, put together from parts. What is
// not on it fails with EPERM.

struct program {
    struct sock_filter code[512];
    unsigned short count;
};

static void add(struct program *p, struct sock_filter instruction) {
    // One too many makes the whole filter invalid: the kernel refuses a program that does not end with an answer.
    if (p->count < sizeof p->code / sizeof p->code[0])
        p->code[p->count++] = instruction;
}

static void statement(struct program *p, uint16_t code, uint32_t value) {
    add(p, (struct sock_filter)BPF_STMT(code, value));
}

/// Skips `if_not` instructions where the accumulator is not `value`.
static void unless_equal(struct program *p, uint32_t value, uint8_t if_not) {
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, if_not));
}

static void load(struct program *p, size_t offset) { statement(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset); }
static void load_call(struct program *p) { load(p, offsetof(struct seccomp_data, nr)); }
// Little-endian: the lower half of an argument comes first.
static void load_argument(struct program *p, int number) { load(p, offsetof(struct seccomp_data, args[number])); }
static void allow(struct program *p) { statement(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW); }
static void refuse(struct program *p, uint32_t code) {
    statement(p, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (code & SECCOMP_RET_DATA));
}

/// Whole calls, whatever their arguments.
static void allow_calls(struct program *p, const int *calls, size_t count) {
    for (size_t index = 0; index < count; index++) {
        unless_equal(p, (uint32_t)calls[index], 1);
        allow(p);
    }
}
#define ALLOW_CALLS(p, calls) allow_calls(p, calls, sizeof calls / sizeof calls[0])

/// A call where one argument is one of some values.
static void allow_values(struct program *p, int call, int argument, const uint32_t *values, size_t count) {
    unless_equal(p, (uint32_t)call, (uint8_t)(2 + 2 * count));
    load_argument(p, argument);
    for (size_t index = 0; index < count; index++) {
        unless_equal(p, values[index], 1);
        allow(p);
    }
    refuse(p, EPERM);
}
#define ALLOW_VALUES(p, call, argument, values) \
    allow_values(p, call, argument, values, sizeof values / sizeof values[0])

/// A call where some bits of an argument are all clear.
static void allow_without(struct program *p, int call, int argument, uint32_t bits) {
    unless_equal(p, (uint32_t)call, 4);
    load_argument(p, argument);
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0));
    allow(p);
    refuse(p, EPERM);
}

static void start(struct program *p) {
    p->count = 0;
    load(p, offsetof(struct seccomp_data, arch));
    unless_equal(p, AUDIT_ARCH_X86_64, 1);
    add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0));
    statement(p, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    load_call(p);
}

static int install(struct program *p) {
    struct sock_fprog filter = {p->count, p->code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

/// Calls that name files: for the server of shared directories. The root directory is empty.
static const int path_calls[] = {
    SYS_openat,    SYS_openat2,  SYS_getdents64, SYS_readlinkat, SYS_unlinkat,  SYS_mkdirat,    SYS_mknodat,
    SYS_symlinkat, SYS_linkat,   SYS_renameat,   SYS_renameat2,  SYS_fchmod,    SYS_fchmodat,   SYS_fchown,
    SYS_fchownat,  SYS_utimensat, SYS_fstatfs,   SYS_fgetxattr,  SYS_flistxattr,
};

/// What every thread of the C library and of Swift needs: memory, locks, an end.
static void allow_living(struct program *p) {
    static const int calls[] = {
        SYS_futex,          SYS_clock_gettime,   SYS_clock_nanosleep,   SYS_read,         SYS_write,
        SYS_close,          SYS_poll,            SYS_ppoll,             SYS_munmap,       SYS_mremap,
        SYS_brk,            SYS_madvise,         SYS_getrandom,         SYS_getpid,       SYS_gettid,
        SYS_rt_sigprocmask, SYS_rt_sigreturn,    SYS_rt_sigaction,      SYS_sigaltstack,  SYS_sched_yield,
        SYS_restart_syscall, SYS_exit,           SYS_exit_group,        SYS_getuid,       SYS_geteuid,
    };
    ALLOW_CALLS(p, calls);
    // Memory, but never to be executed.
    allow_without(p, SYS_mmap, 2, PROT_EXEC);
    allow_without(p, SYS_mprotect, 2, PROT_EXEC);
}

int rk_isolate_system_calls(int allows_paths, int *step) {
    *step = RK_ISOLATION_FILTER;
    struct program p;
    start(&p);
    // The calls of every exit of a guest, first: KVM's, whose numbers share a byte.
    unless_equal(&p, SYS_ioctl, 5);
    load_argument(&p, 1);
    statement(&p, BPF_ALU | BPF_AND | BPF_K, 0xff00);
    unless_equal(&p, 0xae00, 1);
    allow(&p);
    load_call(&p);
    // Sizes of terminals and their modes, non-blocking sockets, checksums of TAP devices, sizes of block devices; but no
    // keys typed into a terminal (TIOCSTI).
    static const uint32_t requests[] = {
        TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGWINSZ, FIONREAD, FIONBIO, (uint32_t)TUNSETOFFLOAD, (uint32_t)BLKGETSIZE64,
    };
    ALLOW_VALUES(&p, SYS_ioctl, 1, requests);
    allow_living(&p);
    static const int calls[] = {
        SYS_epoll_wait,  SYS_epoll_pwait, SYS_epoll_ctl, SYS_timerfd_settime, SYS_eventfd2, SYS_readv,      SYS_writev,
        SYS_pread64,     SYS_pwrite64,    SYS_preadv,    SYS_pwritev,         SYS_fdatasync, SYS_fsync,     SYS_fallocate,
        SYS_ftruncate,   SYS_lseek,       SYS_fstat,     SYS_accept4,         SYS_recvmsg,  SYS_recvfrom,   SYS_sendmsg,
        SYS_sendto,      SYS_shutdown,    SYS_getsockopt, SYS_setsockopt,     SYS_fcntl,    SYS_dup,
        SYS_tgkill,      SYS_sched_getaffinity, SYS_set_robust_list, SYS_rseq,
        // What the C library's fstat is (2.33 to 2.38); a name finds nothing in the empty root directory.
        SYS_newfstatat,
    };
    ALLOW_CALLS(&p, calls);
    // The rest of prctl(2) could make the process visible again.
    static const uint32_t options[] = {PR_SET_NAME, PR_SET_TIMERSLACK, PR_SET_SECCOMP, PR_SET_VMA};
    ALLOW_VALUES(&p, SYS_prctl, 0, options);
    // Threads, and no processes. clone3's arguments are out of sight: the C library falls back to clone.
    unless_equal(&p, SYS_clone, 4);
    load_argument(&p, 0);
    add(&p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1));
    allow(&p);
    refuse(&p, EPERM);
    unless_equal(&p, SYS_clone3, 1);
    refuse(&p, ENOSYS);
    if (allows_paths)
        ALLOW_CALLS(&p, path_calls);
    refuse(&p, EPERM);
    return install(&p);
}

int rk_refuse_paths(void) {
    struct program p;
    start(&p);
    for (size_t index = 0; index < sizeof path_calls / sizeof path_calls[0]; index++) {
        unless_equal(&p, (uint32_t)path_calls[index], 1);
        refuse(&p, EPERM);
    }
    allow(&p);
    return install(&p);
}

int rk_isolate_guardian(int *step) {
    *step = RK_ISOLATION_FILTER;
    struct program p;
    start(&p);
    allow_living(&p);
    static const int calls[] = {SYS_wait4, SYS_waitid, SYS_kill, SYS_tgkill, SYS_connect, SYS_sendmsg, SYS_recvmsg};
    ALLOW_CALLS(&p, calls);
    static const uint32_t families[] = {AF_UNIX};
    ALLOW_VALUES(&p, SYS_socket, 0, families);
    refuse(&p, EPERM);
    return install(&p);
}
