#define _GNU_SOURCE 1
#include "CLinuxMachine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

int rk_memory_file(const char *name, uint64_t byte_count) {
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    if (ftruncate(fd, (off_t)byte_count) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        int code = errno;
        close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

int rk_show_page(void *page, void *place) {
    return mremap(page, 0, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED ? -1 : 0;
}

int rk_timer_open(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK); }

int rk_timer_set(int fd, uint64_t deadline) {
    struct itimerspec time;
    memset(&time, 0, sizeof time);
    time.it_value.tv_sec = (time_t)(deadline / 1000000000);
    time.it_value.tv_nsec = (long)(deadline % 1000000000);
    return timerfd_settime(fd, TFD_TIMER_ABSTIME, &time, NULL);
}

static void do_nothing(int signal) { (void)signal; }

int rk_install_interrupt_signal(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    // No SA_RESTART: system calls are to end.
    action.sa_handler = do_nothing;
    return sigaction(SIGRTMIN, &action, NULL);
}

void rk_accept_interrupt_signal(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int rk_interrupt_thread(int thread) { return (int)syscall(SYS_tgkill, getpid(), thread, SIGRTMIN); }

int rk_memory_seals(int fd) { return fcntl(fd, F_GET_SEALS); }
