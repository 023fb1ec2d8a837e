// Giving up rights: name spaces, capabilities, system calls. In C for what Swift cannot import: clone flags that want GNU's
// extensions, pivot_root(2), fork(2), and the macros that Berkeley packet filters are made of.
#ifndef CLINUX_ISOLATION_H
#define CLINUX_ISOLATION_H

#include <sys/types.h>

/// The step that failed, for messages.
enum rk_isolation_step {
    RK_ISOLATION_NAMESPACES = 0,
    RK_ISOLATION_PROCESS,
    RK_ISOLATION_PROPAGATION,
    RK_ISOLATION_ROOT,
    RK_ISOLATION_PIVOT,
    RK_ISOLATION_USER,
    RK_ISOLATION_LIMITS,
    RK_ISOLATION_CAPABILITIES,
    RK_ISOLATION_PRIVILEGES,
    RK_ISOLATION_FILTER,
};

/// Makes the first process of a fresh PID name space (with a user name space where the caller is not root), a child of the
/// caller's. Call before there are threads. Both have SIGINT, SIGTERM, SIGHUP and SIGCHLD blocked.
/// Returns as fork(2) does: 0 in the child.
pid_t rk_isolate_process(int *step);
/// Enters fresh mount, network, IPC, UTS and cgroup name spaces, with an empty root directory. Call before there are threads.
int rk_isolate_namespaces(int *step);
/// Becomes a user and group of this number, with no other groups and at most 64 threads. Needs to be root.
/// Returns 1, or 0 where the name space has no such number.
int rk_isolate_user(uid_t user, int *step);
/// No core dumps, message queues or locked memory; at most 1,024 open files.
int rk_isolate_limits(int *step);
/// Gives up all capabilities but one (-1: all), and the way back to them.
int rk_isolate_capabilities(int kept, int *step);
/// From now on only the system calls that a running monitor makes; others fail with EPERM. For threads made afterwards, too.
int rk_isolate_system_calls(int allows_paths, int *step);
/// No more calls that name files, for this thread and those that it makes.
int rk_refuse_paths(void);
/// Closes the descriptors of a range, both ends included.
int rk_close_range(unsigned first, unsigned last);
/// Closes all descriptors from 3 on but one, which becomes number 3.
int rk_keep_only(int fd);
/// From now on only what waits for a child, signals it and connects Unix sockets.
int rk_isolate_guardian(int *step);

#endif
