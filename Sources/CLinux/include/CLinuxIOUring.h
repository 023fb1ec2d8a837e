// io_uring for Swift: what the headers of Linux 6.1 lack, submission entries filled in C (Swift does not import their
// unions), and the ring indices' memory order. See io_uring(7).
#ifndef CLINUX_IOURING_H
#define CLINUX_IOURING_H

#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RK_IORING_OP_READ_MULTISHOT 49 /* Linux 6.7 */
#define RK_IORING_OP_MAX 64

#define RK_CQE_F_BUFFER (1U << 0)
#define RK_CQE_F_MORE (1U << 1)
#define RK_CQE_BUFFER_SHIFT 16

static inline int rk_io_uring_setup(uint32_t entries, struct io_uring_params *params) {
    return (int)syscall(SYS_io_uring_setup, entries, params);
}

/// Submits `submit` entries and waits for `wait` completions, at most `timeout` nanoseconds (negative: for ever).
static inline int rk_io_uring_enter(int fd, uint32_t submit, uint32_t wait, int64_t timeout_ns) {
    struct __kernel_timespec ts;
    struct io_uring_getevents_arg arg;
    memset(&arg, 0, sizeof arg);
    if (timeout_ns >= 0) {
        ts.tv_sec = timeout_ns / 1000000000;
        ts.tv_nsec = timeout_ns % 1000000000;
        arg.ts = (uint64_t)(uintptr_t)&ts;
    }
    return (int)syscall(SYS_io_uring_enter, fd, submit, wait, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &arg,
                        sizeof arg);
}

static inline int rk_io_uring_register(int fd, uint32_t opcode, void *arg, uint32_t count) {
    return (int)syscall(SYS_io_uring_register, fd, opcode, arg, count);
}

/// Whether the kernel knows the operation; -1 where it cannot be asked.
static inline int rk_io_uring_supports(int fd, uint8_t operation) {
    uint8_t storage[sizeof(struct io_uring_probe) + RK_IORING_OP_MAX * sizeof(struct io_uring_probe_op)];
    memset(storage, 0, sizeof storage);
    struct io_uring_probe *probe = (struct io_uring_probe *)storage;
    if (rk_io_uring_register(fd, IORING_REGISTER_PROBE, probe, RK_IORING_OP_MAX) < 0)
        return -1;
    return operation <= probe->last_op && (probe->ops[operation].flags & IO_URING_OP_SUPPORTED) ? 1 : 0;
}

static inline uint32_t rk_load_acquire(const uint32_t *at) { return __atomic_load_n(at, __ATOMIC_ACQUIRE); }
static inline uint32_t rk_load_relaxed(const uint32_t *at) { return __atomic_load_n(at, __ATOMIC_RELAXED); }
static inline void rk_store_release(uint32_t *at, uint32_t value) { __atomic_store_n(at, value, __ATOMIC_RELEASE); }
static inline void rk_store_release16(uint16_t *at, uint16_t value) { __atomic_store_n(at, value, __ATOMIC_RELEASE); }

static inline void rk_sqe_read_multishot(struct io_uring_sqe *sqe, int fd, uint16_t group, uint64_t user_data) {
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = RK_IORING_OP_READ_MULTISHOT;
    sqe->fd = fd;
    sqe->off = (uint64_t)-1;
    sqe->flags = IOSQE_BUFFER_SELECT;
    sqe->buf_group = group;
    sqe->user_data = user_data;
}

/// Bytes that a multishot receive puts in front of everything else.
static inline size_t rk_received_head_bytes(void) { return sizeof(struct io_uring_recvmsg_out); }

/// Receives messages, each with its control messages, into provided buffers.
/// `message` (of rk_receive_request) says how much room these have, and stays until the kernel has taken the entry.
static inline void rk_sqe_receive_multishot(struct io_uring_sqe *sqe, int fd, const void *message, uint16_t group,
                                            uint64_t user_data) {
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = IORING_OP_RECVMSG;
    sqe->fd = fd;
    sqe->addr = (uint64_t)(uintptr_t)message;
    sqe->len = 1;
    sqe->ioprio = IORING_RECV_MULTISHOT;
    sqe->flags = IOSQE_BUFFER_SELECT;
    sqe->buf_group = group;
    sqe->user_data = user_data;
}

/// A message header that asks for room for control messages alone; null: no memory. To be freed.
static inline void *rk_receive_request(size_t control_bytes) {
    struct msghdr *message = (struct msghdr *)calloc(1, sizeof *message);
    if (message)
        message->msg_controllen = control_bytes;
    return message;
}

/// Bytes of control messages in a buffer that a multishot receive has filled.
static inline uint32_t rk_received_control_bytes(const void *buffer) {
    struct io_uring_recvmsg_out head;
    memcpy(&head, buffer, sizeof head);
    return head.controllen;
}

static inline void rk_sqe_write(struct io_uring_sqe *sqe, int fd, const void *bytes, uint32_t count,
                                uint64_t user_data) {
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = IORING_OP_WRITE;
    sqe->fd = fd;
    sqe->off = (uint64_t)-1;
    sqe->addr = (uint64_t)(uintptr_t)bytes;
    sqe->len = count;
    sqe->user_data = user_data;
}

static inline void rk_sqe_poll_multishot(struct io_uring_sqe *sqe, int fd, uint32_t events, uint64_t user_data) {
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = IORING_OP_POLL_ADD;
    sqe->fd = fd;
    sqe->poll32_events = events;
    sqe->len = IORING_POLL_ADD_MULTI;
    sqe->user_data = user_data;
}

static inline void rk_sqe_cancel(struct io_uring_sqe *sqe, uint64_t target, uint64_t user_data) {
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = IORING_OP_ASYNC_CANCEL;
    sqe->fd = -1;
    sqe->addr = target;
    sqe->user_data = user_data;
}

/// Puts a buffer into a provided-buffer ring of `mask + 1` entries, `offset` behind its tail. The tail shares the
/// first entry's last 16 bits, so only the other fields are written.
static inline void rk_buffer_ring_add(struct io_uring_buf_ring *ring, uint16_t tail, uint16_t mask, void *address,
                                      uint32_t count, uint16_t id) {
    struct io_uring_buf *entry = &ring->bufs[tail & mask];
    entry->addr = (uint64_t)(uintptr_t)address;
    entry->len = count;
    entry->bid = id;
}

static inline void rk_buffer_ring_publish(struct io_uring_buf_ring *ring, uint16_t tail) {
    __atomic_store_n(&ring->tail, tail, __ATOMIC_RELEASE);
}

static inline int rk_register_buffer_ring(int fd, void *ring, uint32_t entries, uint16_t group) {
    struct io_uring_buf_reg registration;
    memset(&registration, 0, sizeof registration);
    registration.ring_addr = (uint64_t)(uintptr_t)ring;
    registration.ring_entries = entries;
    registration.bgid = group;
    return rk_io_uring_register(fd, IORING_REGISTER_PBUF_RING, &registration, 1);
}

#endif
