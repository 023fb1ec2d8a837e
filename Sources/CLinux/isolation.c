#define _GNU_SOURCE 1
#include "CLinuxIsolation.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t count = write(fd, text, strlen(text));
    close(fd);
    return count == (ssize_t)strlen(text) ? 0 : -1;
}

/// A user name space where the caller keeps its own number, and has capabilities over what it makes there.
static int enter_user_namespace(void) {
    char text[64];
    unsigned user = geteuid(), group = getegid();
    if (unshare(CLONE_NEWUSER) < 0 || write_file("/proc/self/setgroups", "deny") < 0)
        return -1;
    snprintf(text, sizeof text, "%u %u 1", user, user);
    if (write_file("/proc/self/uid_map", text) < 0)
        return -1;
    snprintf(text, sizeof text, "%u %u 1", group, group);
    return write_file("/proc/self/gid_map", text);
}

int rk_isolate_namespaces(const char *directory, int *step) {
    *step = RK_ISOLATION_NAMESPACES;
    if (geteuid() != 0 && enter_user_namespace() < 0)
        return -1;
    if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) < 0)
        return -1;
    *step = RK_ISOLATION_PROPAGATION;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return -1;
    // A file system of our own over a directory that every system has; what it hides is gone with the old root anyway. The
    // machine's directory is opened before, so that it is found when it lies below.
    *step = RK_ISOLATION_BIND;
    int run = -1;
    if (directory) {
        run = (int)syscall(SYS_open_tree, AT_FDCWD, directory, 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
        if (run < 0)
            return -1;
    }
    *step = RK_ISOLATION_ROOT;
    if (mount("none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64k,nr_inodes=16,mode=555") < 0 ||
        chdir("/tmp") < 0)
        return -1;
    if (directory) {
        *step = RK_ISOLATION_BIND;
        if (mkdir("run", 0700) < 0 || syscall(SYS_move_mount, run, "", AT_FDCWD, "run", 4 /* MOVE_MOUNT_F_EMPTY_PATH */) < 0)
            return -1;
        close(run);
    }
    *step = RK_ISOLATION_PIVOT;
    // The old root is stacked over the new one and taken away (pivot_root(2), "pivot_root(".", ".")").
    if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
        return -1;
    return mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

int rk_isolate_capabilities(int *step) {
    *step = RK_ISOLATION_PRIVILEGES;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    *step = RK_ISOLATION_CAPABILITIES;
    for (int capability = 0; capability < 64; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EINVAL && errno != EPERM)
            return -1;
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    if (syscall(SYS_capset, &header, none) < 0)
        return -1;
    // Nobody looks into this process, and no memory of it is written to a disk.
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
// Little-endian: the lower half of an argument comes first.
#define LOAD_ARGUMENT(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE(code) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((code) & SECCOMP_RET_DATA))
/// One comparison and one answer.
#define ALLOW_CALL(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), ALLOW

int rk_isolate_system_calls(int *step) {
    struct sock_filter program[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        // The calls of every exit of a guest, first.
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 6),
        LOAD_ARGUMENT(1),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff00),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xae00, 2, 0), // KVM
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x5400, 1, 0), // terminals and TAP devices
        REFUSE(EPERM),
        ALLOW,
        ALLOW_CALL(futex),
        ALLOW_CALL(epoll_wait),
        ALLOW_CALL(epoll_pwait),
        ALLOW_CALL(timerfd_settime),
        ALLOW_CALL(read),
        ALLOW_CALL(write),
        ALLOW_CALL(readv),
        ALLOW_CALL(writev),
        ALLOW_CALL(pread64),
        ALLOW_CALL(pwrite64),
        ALLOW_CALL(preadv),
        ALLOW_CALL(pwritev),
        ALLOW_CALL(clock_gettime),
        ALLOW_CALL(clock_nanosleep),
        ALLOW_CALL(poll),
        ALLOW_CALL(ppoll),
        ALLOW_CALL(epoll_ctl),
        ALLOW_CALL(fdatasync),
        ALLOW_CALL(fsync),
        ALLOW_CALL(fallocate),
        ALLOW_CALL(ftruncate),
        ALLOW_CALL(lseek),
        ALLOW_CALL(accept4),
        ALLOW_CALL(connect),
        ALLOW_CALL(recvmsg),
        ALLOW_CALL(recvfrom),
        ALLOW_CALL(sendmsg),
        ALLOW_CALL(sendto),
        ALLOW_CALL(shutdown),
        ALLOW_CALL(getsockopt),
        ALLOW_CALL(setsockopt),
        ALLOW_CALL(fcntl),
        ALLOW_CALL(close),
        ALLOW_CALL(dup),
        ALLOW_CALL(munmap),
        ALLOW_CALL(mremap),
        ALLOW_CALL(brk),
        ALLOW_CALL(madvise),
        ALLOW_CALL(getrandom),
        ALLOW_CALL(getpid),
        ALLOW_CALL(gettid),
        ALLOW_CALL(tgkill),
        ALLOW_CALL(rt_sigprocmask),
        ALLOW_CALL(rt_sigreturn),
        ALLOW_CALL(rt_sigaction),
        ALLOW_CALL(sigaltstack),
        ALLOW_CALL(sched_yield),
        ALLOW_CALL(sched_getaffinity),
        ALLOW_CALL(set_robust_list),
        ALLOW_CALL(rseq),
        ALLOW_CALL(prctl),
        ALLOW_CALL(restart_syscall),
        ALLOW_CALL(exit),
        ALLOW_CALL(exit_group),
        ALLOW_CALL(eventfd2),
        // Files below a shared directory; the root is empty.
        ALLOW_CALL(openat),
        ALLOW_CALL(openat2),
        ALLOW_CALL(newfstatat),
        ALLOW_CALL(fstat),
        ALLOW_CALL(fstatfs),
        ALLOW_CALL(statx),
        ALLOW_CALL(getdents64),
        ALLOW_CALL(readlinkat),
        ALLOW_CALL(unlinkat),
        ALLOW_CALL(mkdirat),
        ALLOW_CALL(mknodat),
        ALLOW_CALL(symlinkat),
        ALLOW_CALL(linkat),
        ALLOW_CALL(renameat),
        ALLOW_CALL(renameat2),
        ALLOW_CALL(fchmod),
        ALLOW_CALL(fchmodat),
        ALLOW_CALL(fchownat),
        ALLOW_CALL(utimensat),
        ALLOW_CALL(fgetxattr),
        ALLOW_CALL(flistxattr),
        ALLOW_CALL(getuid),
        ALLOW_CALL(geteuid),
        // Memory, but never to be executed.
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 4),
        LOAD_ARGUMENT(2),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0),
        ALLOW,
        REFUSE(EPERM),
        // Threads, and no processes. clone3's arguments are out of sight: the C library falls back to clone.
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4),
        LOAD_ARGUMENT(0),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
        ALLOW,
        REFUSE(EPERM),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
        REFUSE(ENOSYS),
        // Sockets of this machine's own directory.
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        LOAD_ARGUMENT(0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 0, 1),
        ALLOW,
        REFUSE(EPERM),
    };
    struct sock_fprog filter = {sizeof program / sizeof program[0], program};
    *step = RK_ISOLATION_FILTER;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}
