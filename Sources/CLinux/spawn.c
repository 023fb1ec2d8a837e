#define _GNU_SOURCE 1
#include "CLinuxSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

// The child is cloned with CLONE_VM | CLONE_VFORK on a stack of its own: no page tables are copied, and the calling
// thread sleeps until the child has executed the program or ended. The child reports a failure by writing to the
// request, which is in shared memory.
//
// Both clones carry no exit signal, so that a `waitid(P_ALL)` elsewhere in the process cannot reap a child that failed
// before exec; exec itself sets the exit signal to SIGCHLD (de_thread() in the kernel's fs/exec.c).
//
// Credentials are changed by raw system calls: the C library's functions would try to change them in all the threads of
// the parent.

enum { STACK_BYTES = 64 * 1024 };

struct context {
    struct rk_spawn_request *request;
    char *inner_stack; ///< for the second clone
    pid_t inner_pid;
};

static int fail(struct rk_spawn_request *request, int step, int index) {
    request->step = step;
    request->index = index;
    request->code = errno;
    return -1;
}

static int map_descriptors(struct rk_spawn_request *request) {
    int lowest_free = 3;
    for (int i = 0; i < request->descriptor_count; i++)
        if (request->descriptor_targets[i] >= lowest_free)
            lowest_free = request->descriptor_targets[i] + 1;
    // Sources first move out of the way of all targets, for a source may be another's target.
    int moved[request->descriptor_count + 1];
    for (int i = 0; i < request->descriptor_count; i++) {
        moved[i] = fcntl(request->descriptor_sources[i], F_DUPFD_CLOEXEC, lowest_free);
        if (moved[i] < 0)
            return fail(request, RK_SPAWN_DESCRIPTOR, i);
    }
    for (int i = 0; i < request->descriptor_count; i++)
        if (dup2(moved[i], request->descriptor_targets[i]) < 0)
            return fail(request, RK_SPAWN_DESCRIPTOR, i);
    return 0;
}

static void reset_signals(struct rk_spawn_request *request) {
    struct sigaction action;
    action.sa_handler = SIG_DFL;
    action.sa_flags = 0;
    sigemptyset(&action.sa_mask);
    for (int signal = 1; signal <= 64; signal++)
        if (signal != SIGKILL && signal != SIGSTOP)
            sigaction(signal, &action, NULL);
    sigprocmask(SIG_SETMASK, &request->signal_mask, NULL);
}

static int execute(struct rk_spawn_request *request) {
    int failure = ENOENT, index = 0, step = RK_SPAWN_EXEC;
    for (int i = 0; request->candidates[i]; i++) {
        char *path = request->candidates[i];
        execve(path, request->argv, request->envp);
        if (errno == ENOEXEC) { // a script without "#!": the shell's own language
            request->script_argv[0] = "/bin/sh";
            request->script_argv[1] = path;
            int n = request->argv[0] ? 1 : 0;
            int out = 2;
            while (request->argv[n])
                request->script_argv[out++] = request->argv[n++];
            request->script_argv[out] = NULL;
            execve("/bin/sh", request->script_argv, request->envp);
        }
        int code = errno;
        switch (code) {
        case ENOENT:
        case ENOTDIR:
        case ESTALE:
        case ENODEV:
        case ETIMEDOUT:
            if (code == ENOENT && access(path, F_OK) == 0) { // there, but its interpreter is not
                errno = ENOENT;
                return fail(request, RK_SPAWN_INTERPRETER, i);
            }
            if (i == 0 && failure == ENOENT)
                failure = code;
            continue;
        case EACCES:
            failure = EACCES;
            index = i;
            continue;
        default:
            errno = code;
            return fail(request, RK_SPAWN_EXEC, i);
        }
    }
    errno = failure;
    return fail(request, step, index);
}

/// What the process that becomes the program does.
static int become_program(void *argument) {
    struct context *context = argument;
    struct rk_spawn_request *request = context->request;
    if (request->new_session) {
        if (setsid() < 0)
            return fail(request, RK_SPAWN_SESSION, 0);
    } else if (request->new_process_group) {
        if (setpgid(0, 0) < 0)
            return fail(request, RK_SPAWN_SESSION, 0);
    }
    if (request->set_umask)
        umask(request->umask);
    if (request->nice != 0) {
        errno = 0;
        if (nice(request->nice) == -1 && errno != 0)
            return fail(request, RK_SPAWN_NICE, 0);
    }
    if (request->cwd && chdir(request->cwd) < 0)
        return fail(request, RK_SPAWN_DIRECTORY, 0);
    if (map_descriptors(request) < 0)
        return -1;
    if (request->terminal_target >= 0 && ioctl(request->terminal_target, TIOCSCTTY, 0) < 0)
        return fail(request, RK_SPAWN_TERMINAL, 0);
    for (int i = 0; i < request->rlimit_count; i++)
        if (setrlimit((enum __rlimit_resource)request->rlimits[i].resource, &request->rlimits[i].limit) < 0)
            return fail(request, RK_SPAWN_RLIMIT, i);
    if (request->set_identity) {
        if (syscall(SYS_setgroups, (size_t)request->group_count, request->groups) < 0)
            return fail(request, RK_SPAWN_IDENTITY, 0);
        if (syscall(SYS_setresgid, request->gid, request->gid, request->gid) < 0)
            return fail(request, RK_SPAWN_IDENTITY, 1);
        if (syscall(SYS_setresuid, request->uid, request->uid, request->uid) < 0)
            return fail(request, RK_SPAWN_IDENTITY, 2);
    }
    if (request->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail(request, RK_SPAWN_NO_NEW_PRIVILEGES, 0);
    // After the change of identity, which clears it.
    if (request->death_signal && prctl(PR_SET_PDEATHSIG, request->death_signal, 0, 0, 0) < 0)
        return fail(request, RK_SPAWN_DEATH_SIGNAL, 0);
    // Everything that is not handed over closes at exec, whoever opened it.
    syscall(SYS_close_range, 3, UINT_MAX, 4 /* CLOSE_RANGE_CLOEXEC */);
    for (int i = 0; i < request->descriptor_count; i++)
        if (request->descriptor_targets[i] > 2)
            fcntl(request->descriptor_targets[i], F_SETFD, 0);
    reset_signals(request);
    return execute(request);
}

static int inner_main(void *argument) {
    become_program(argument);
    _exit(127);
}

static int child_main(void *argument) {
    struct context *context = argument;
    struct rk_spawn_request *request = context->request;
    // Cgroups before namespaces: a cgroup namespace is rooted where the process is when it is made.
    for (int i = 0; i < request->cgroup_count; i++) {
        ssize_t written;
        do {
            written = write(request->cgroup_fds[i], "0", 1);
        } while (written < 0 && errno == EINTR);
        if (written < 0) {
            fail(request, RK_SPAWN_CGROUP, i);
            _exit(127);
        }
    }
    for (int i = 0; i < request->namespace_count; i++)
        if (setns(request->namespace_fds[i], 0) < 0) {
            fail(request, RK_SPAWN_NAMESPACE, i);
            _exit(127);
        }
    if (request->unshare_flags && unshare(request->unshare_flags) < 0) {
        fail(request, RK_SPAWN_UNSHARE, 0);
        _exit(127);
    }
    if (request->pid_namespace_fd >= 0) {
        // Only children enter a PID namespace; CLONE_PARENT makes that child the caller's.
        if (setns(request->pid_namespace_fd, CLONE_NEWPID) < 0) {
            fail(request, RK_SPAWN_PID_NAMESPACE, 0);
            _exit(127);
        }
        pid_t pid = clone(inner_main, context->inner_stack, CLONE_VM | CLONE_VFORK | CLONE_PARENT, context);
        if (pid < 0)
            fail(request, RK_SPAWN_PID_NAMESPACE, 1);
        else
            context->inner_pid = pid;
        _exit(0);
    }
    become_program(context);
    _exit(127);
}

static void reap(pid_t pid) {
    int status;
    while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR) {
    }
}

pid_t rk_spawn(struct rk_spawn_request *request) {
    request->code = 0;
    request->step = RK_SPAWN_CLONE;
    request->index = 0;
    request->pidfd = -1;
    char *stack = mmap(NULL, 2 * STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) {
        fail(request, RK_SPAWN_CLONE, 0);
        return -1;
    }
    struct context context = {request, stack + STACK_BYTES, 0};
    // No handler of the parent's may run in the child while they share memory.
    sigset_t all, saved;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &saved);
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | (request->new_pid_namespace ? CLONE_NEWPID : 0);
    int pidfd = -1;
    pid_t pid = clone(child_main, stack + 2 * STACK_BYTES, flags, &context, &pidfd);
    if (pid < 0) {
        fail(request, RK_SPAWN_CLONE, 0);
    } else if (request->pid_namespace_fd >= 0) {
        reap(pid);
        close(pidfd);
        pid = context.inner_pid;
        if (pid > 0 && request->code != 0) {
            reap(pid);
            pid = -1;
        } else if (pid > 0) {
            request->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
            if (request->pidfd < 0)
                fail(request, RK_SPAWN_CLONE, 1);
        } else {
            pid = -1;
        }
    } else if (request->code != 0) {
        reap(pid);
        close(pidfd);
        pid = -1;
    } else {
        request->pidfd = pidfd;
    }
    pthread_sigmask(SIG_SETMASK, &saved, NULL);
    munmap(stack, 2 * STACK_BYTES);
    return pid;
}

static int paused_main(void *argument) {
    (void)argument;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    for (;;)
        pause();
    return 0;
}

pid_t rk_clone_paused(int flags) {
    // The child keeps its own copy of this memory (no CLONE_VM), so a stack in it will do.
    _Alignas(16) char stack[8192];
    return clone(paused_main, stack + sizeof stack, flags, NULL);
}
