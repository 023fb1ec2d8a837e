// Giving up rights: name spaces, capabilities, system calls. In C for what Swift cannot import: clone flags that want GNU's
// extensions, pivot_root(2), and the macros that Berkeley packet filters are made of.
#ifndef CLINUX_ISOLATION_H
#define CLINUX_ISOLATION_H

/// The step that failed, for messages.
enum rk_isolation_step {
    RK_ISOLATION_NAMESPACES = 0,
    RK_ISOLATION_PROPAGATION,
    RK_ISOLATION_ROOT,
    RK_ISOLATION_BIND,
    RK_ISOLATION_PIVOT,
    RK_ISOLATION_CAPABILITIES,
    RK_ISOLATION_PRIVILEGES,
    RK_ISOLATION_FILTER,
};

/// Enters fresh mount, network, IPC, UTS and cgroup name spaces (with a user name space of its own where the caller is not
/// root), with an empty root directory that has at most `directory` in it, as /run. Call before there are threads.
int rk_isolate_namespaces(const char *directory, int *step);
/// Gives up all capabilities, and the way back to them.
int rk_isolate_capabilities(int *step);
/// From now on only the system calls that a running monitor makes; others fail with EPERM. For threads made afterwards, too.
int rk_isolate_system_calls(int *step);

#endif
