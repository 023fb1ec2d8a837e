#define _GNU_SOURCE 1
#include "CLinuxIsolation.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

pid_t rk_isolate_process(int *step) {
    // Signals that ask for the end wait until the first process of the name space listens: by default it would ignore them.
    sigset_t waiting;
    sigemptyset(&waiting);
    int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    for (size_t index = 0; index < sizeof signals / sizeof signals[0]; index++)
        sigaddset(&waiting, signals[index]);
    if (sigprocmask(SIG_BLOCK, &waiting, NULL) < 0)
        return -1;
    int death_signal = 0;
    (void)prctl(PR_GET_PDEATHSIG, &death_signal);
    *step = RK_ISOLATION_NAMESPACES;
    if (geteuid() != 0) {
        if (enter_user_namespace() < 0)
            return -1;
        // A change of capabilities has cleared it.
        (void)prctl(PR_SET_PDEATHSIG, death_signal);
    }
    *step = RK_ISOLATION_PROCESS;
    if (unshare(CLONE_NEWPID) < 0)
        return -1;
    return fork();
}

int rk_isolate_namespaces(int *step) {
    *step = RK_ISOLATION_NAMESPACES;
    if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) < 0)
        return -1;
    *step = RK_ISOLATION_PROPAGATION;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return -1;
    // An empty file system over a directory that every system has; what it hides is gone with the old root anyway.
    *step = RK_ISOLATION_ROOT;
    if (mount("none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,nr_inodes=1,mode=555") < 0 ||
        chdir("/tmp") < 0)
        return -1;
    *step = RK_ISOLATION_PIVOT;
    // The old root is stacked over the new one and taken away (pivot_root(2), "pivot_root(".", ".")").
    if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
        return -1;
    return mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/// What can never be gained again, by no program. Needs capabilities itself, where there is anything to drop.
static int drop_bounding_set(int kept) {
    for (int capability = 0; capability < 64; capability++)
        if (capability != kept && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EINVAL && errno != EPERM)
            return -1;
    return 0;
}

int rk_isolate_user(uid_t user, int *step) {
    *step = RK_ISOLATION_USER;
    if (drop_bounding_set(-1) < 0)
        return -1;
    // In a container that maps no such number (EINVAL), or forbids to change (EPERM), there is no user of one's own.
    if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, user, user, user) < 0 ||
        syscall(SYS_setresuid, user, user, user) < 0)
        return errno == EINVAL || errno == EPERM ? 0 : -1;
    // Nobody else has this number: its processes and threads are the monitor's.
    struct rlimit threads = {64, 64};
    return setrlimit(RLIMIT_NPROC, &threads) < 0 ? -1 : 1;
}

int rk_isolate_limits(int *step) {
    *step = RK_ISOLATION_LIMITS;
    struct rlimit none = {0, 0}, files = {1024, 1024}, before;
    if (getrlimit(RLIMIT_NOFILE, &before) < 0)
        return -1;
    if (before.rlim_max < files.rlim_max)
        files.rlim_cur = files.rlim_max = before.rlim_max;
    return setrlimit(RLIMIT_CORE, &none) < 0 || setrlimit(RLIMIT_MSGQUEUE, &none) < 0 ||
                   setrlimit(RLIMIT_MEMLOCK, &none) < 0 || setrlimit(RLIMIT_NOFILE, &files) < 0
               ? -1
               : 0;
}

int rk_isolate_capabilities(int kept, int *step) {
    *step = RK_ISOLATION_CAPABILITIES;
    if (drop_bounding_set(kept) < 0)
        return -1;
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    if (kept >= 0)
        none[kept / 32].effective = none[kept / 32].permitted = 1u << (kept % 32);
    if (syscall(SYS_capset, &header, none) < 0)
        return -1;
    *step = RK_ISOLATION_PRIVILEGES;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    // Nobody looks into this process, and no memory of it is written to a disk.
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int rk_close_range(unsigned first, unsigned last) { return (int)syscall(SYS_close_range, first, last, 0); }

int rk_keep_only(int fd) {
    if (fd != 3 && dup2(fd, 3) < 0)
        return -1;
    return rk_close_range(4, ~0u);
}
