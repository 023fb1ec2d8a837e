// Starting a program: everything that happens between clone and exec, in C, because the child shares the parent's memory
// until it executes the program (as with vfork) and must run no Swift code.
#ifndef CLINUX_SPAWN_H
#define CLINUX_SPAWN_H

#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/// The step of the child that failed.
enum rk_spawn_step {
    RK_SPAWN_CLONE = 0,
    RK_SPAWN_CGROUP,
    RK_SPAWN_NAMESPACE,
    RK_SPAWN_UNSHARE,
    RK_SPAWN_PID_NAMESPACE,
    RK_SPAWN_SESSION,
    RK_SPAWN_RLIMIT,
    RK_SPAWN_NICE,
    RK_SPAWN_DESCRIPTOR,
    RK_SPAWN_TERMINAL,
    RK_SPAWN_DIRECTORY,
    RK_SPAWN_IDENTITY,
    RK_SPAWN_NO_NEW_PRIVILEGES,
    RK_SPAWN_DEATH_SIGNAL,
    RK_SPAWN_EXEC,
    RK_SPAWN_INTERPRETER,
};

struct rk_spawn_rlimit {
    int resource;
    struct rlimit limit;
};

struct rk_spawn_request {
    char *const *candidates; ///< paths tried in turn, null-terminated
    char *const *argv;
    char *const *envp;
    char **script_argv; ///< room for argc + 2 pointers, for a script without "#!"
    const char *cwd;    ///< null: stay

    const int *descriptor_sources; ///< source i becomes target i
    const int *descriptor_targets;
    int descriptor_count;

    const int *namespace_fds; ///< entered in this order
    int namespace_count;
    int pid_namespace_fd; ///< -1: none
    int unshare_flags;    ///< CLONE_NEW* but CLONE_NEWPID
    int new_pid_namespace;

    const int *cgroup_fds; ///< open for writing on cgroup.procs
    int cgroup_count;

    const struct rk_spawn_rlimit *rlimits;
    int rlimit_count;

    int new_session;
    int new_process_group;
    int terminal_target; ///< the child's descriptor of its controlling terminal, -1: none
    int set_umask;
    mode_t umask;
    int nice;
    int no_new_privileges;
    int death_signal;
    int set_identity;
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    int group_count;
    sigset_t signal_mask;

    // Results.
    int step;  ///< enum rk_spawn_step
    int index; ///< which one of several, or which candidate
    int code;  ///< errno
    int pidfd;
};

/// Starts the program. Returns the pid with `pidfd` set, or -1 with `step`, `index` and `code` set.
pid_t rk_spawn(struct rk_spawn_request *request);

/// Makes a user namespace (with further CLONE_NEW* `flags`) held by a stopped child, whose pid is returned, so that
/// its maps can be written and its namespaces opened; kill and reap it afterwards.
pid_t rk_clone_paused(int flags);

#endif
