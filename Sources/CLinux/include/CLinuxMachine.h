// What a virtual machine monitor needs besides KVM: memory that others can map, timers as descriptors, a signal that
// takes a thread out of a system call.
#ifndef CLINUX_MACHINE_H
#define CLINUX_MACHINE_H

#include <stdint.h>

/// memfd_create(2), close-on-exec, sealed against shrinking and growing once `byte_count` bytes long.
int rk_memory_file(const char *name, uint64_t byte_count);
/// The file seals of a descriptor (fcntl(2), F_GET_SEALS), or -1 where it has none.
int rk_memory_seals(int fd);
/// Maps a page of shared memory a second time, at `place`, in the stead of what is mapped there (mremap(2) with a size of 0).
int rk_show_page(void *page, void *place);
/// timerfd_create(2) on CLOCK_MONOTONIC, non-blocking, close-on-exec.
int rk_timer_open(void);
/// Due at `deadline` nanoseconds of CLOCK_MONOTONIC; 0: never.
int rk_timer_set(int fd, uint64_t deadline);
/// The real-time signal that `rk_interrupt_thread` sends; its handler does nothing.
int rk_install_interrupt_signal(void);
/// Lets the signal through to the calling thread, whatever mask it has inherited.
void rk_accept_interrupt_signal(void);
/// Sends that signal to a thread of this process (tgkill(2)).
int rk_interrupt_thread(int thread);

#endif
