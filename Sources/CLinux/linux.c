#define _GNU_SOURCE 1
#include "CLinux.h"

#include <sched.h>

const char *rk_error_text(int code) { return strerrordesc_np(code); }

int rk_pin_thread(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof set, &set);
}

int rk_peer_credentials(int fd, pid_t *pid, uid_t *uid, gid_t *gid) {
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
        return -1;
    *pid = credentials.pid;
    *uid = credentials.uid;
    *gid = credentials.gid;
    return 0;
}

int rk_pipe(int *ends, int flags) { return pipe2(ends, flags); }

int rk_accept(int fd, int flags) { return accept4(fd, NULL, NULL, flags); }
