// The kernel's interface for Swift: the headers whose constants Swift uses as they are, and `static inline` shims for
// what Swift cannot import: request numbers made by ioctl macros, variadic calls, control messages.
// No _GNU_SOURCE here: the C library's types must look as they do in Swift's own module; what needs it is in linux.c.
// The build machine's headers may be as old as Linux 6.1; what is newer is defined here when missing.
#ifndef CLINUX_H
#define CLINUX_H

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/veth.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

// Offloads of a TAP device for UDP segmentation: Linux 6.2.
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#endif
#ifndef TUN_F_USO6
#define TUN_F_USO6 0x40
#endif
// Linux 4.20, absent from some C libraries' headers.
#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
#define RK_P_PIDFD 3 /* P_PIDFD, Linux 5.4 */

/// The C library's text for an error number, or null where there is none. Unlike strerror, safe in every thread.
const char *rk_error_text(int code);

// Files.
static inline int rk_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }
static inline int rk_openat(int dir, const char *path, int flags, mode_t mode) {
    return openat(dir, path, flags, mode);
}
static inline int rk_duplicate_cloexec(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 0); }
static inline int rk_get_status_flags(int fd) { return fcntl(fd, F_GETFL); }
static inline int rk_set_status_flags(int fd, int flags) { return fcntl(fd, F_SETFL, flags); }
static inline int rk_get_descriptor_flags(int fd) { return fcntl(fd, F_GETFD); }
static inline int rk_set_descriptor_flags(int fd, int flags) { return fcntl(fd, F_SETFD, flags); }
/// ioctl with a pointer argument.
static inline int rk_ioctl(int fd, unsigned long request, void *argument) { return ioctl(fd, request, argument); }
/// ioctl with a number for its argument.
static inline int rk_ioctl_value(int fd, unsigned long request, unsigned long argument) {
    return ioctl(fd, request, argument);
}

int rk_pipe(int *ends, int flags);

// Pseudo-terminals (ioctl_tty(2)).
static inline int rk_unlock_terminal(int controller) {
    int locked = 0;
    return ioctl(controller, TIOCSPTLCK, &locked);
}
/// The other end, by descriptor and not by name: /dev/pts may be another one's in this mount namespace.
static inline int rk_open_peer_terminal(int controller, int flags) { return ioctl(controller, TIOCGPTPEER, flags); }

// Processes and namespaces.
static inline int rk_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
static inline int rk_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}
static inline int rk_unshare(int flags) { return (int)syscall(SYS_unshare, flags); }
static inline int rk_setns(int fd, int type) { return (int)syscall(SYS_setns, fd, type); }
static inline pid_t rk_gettid(void) { return (pid_t)syscall(SYS_gettid); }
static inline int rk_prctl(int option, unsigned long a, unsigned long b) { return prctl(option, a, b, 0, 0); }

/// What waitid() says of one child, without the union.
struct rk_wait_result {
    pid_t pid;
    int code;   ///< CLD_EXITED, CLD_KILLED, CLD_DUMPED
    int status; ///< exit status or signal number
};

/// waitid() for a child that has ended. Returns 0 and a pid of 0 when WNOHANG finds none.
static inline int rk_waitid(int kind, int id, int options, struct rk_wait_result *result) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    int rc;
    do {
        rc = waitid((idtype_t)kind, (id_t)id, &info, options);
    } while (rc < 0 && errno == EINTR);
    if (rc < 0)
        return -1;
    result->pid = info.si_pid;
    result->code = info.si_code;
    result->status = info.si_status;
    return 0;
}

/// Pins the calling thread to a processor.
int rk_pin_thread(int cpu);

// TAP devices.
static const unsigned long RK_TUNSETIFF = TUNSETIFF;
static const unsigned long RK_TUNGETIFF = TUNGETIFF;
static const unsigned long RK_TUNSETPERSIST = TUNSETPERSIST;
static const unsigned long RK_TUNSETOFFLOAD = TUNSETOFFLOAD;
static const unsigned long RK_TUNSETVNETHDRSZ = TUNSETVNETHDRSZ;
static const unsigned long RK_TUNSETSNDBUF = TUNSETSNDBUF;
static const unsigned long RK_TUNSETCARRIER = TUNSETCARRIER;
static const unsigned long RK_TUNGETFEATURES = TUNGETFEATURES;

/// Attaches the descriptor to a TAP device; `name` has IFNAMSIZ bytes and receives the name.
static inline int rk_tun_set_interface(int fd, char *name, int flags) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, name, IFNAMSIZ);
    request.ifr_flags = (short)flags;
    if (ioctl(fd, TUNSETIFF, &request) < 0)
        return -1;
    memcpy(name, request.ifr_name, IFNAMSIZ);
    return 0;
}

/// The number of an interface in the network namespace that the calling thread is in; 0 where there is none.
static inline int rk_interface_index(int socket, const char *name) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    return ioctl(socket, SIOCGIFINDEX, &request) < 0 ? 0 : request.ifr_ifindex;
}

static inline int rk_tun_set_vnet_header_size(int fd, int bytes) { return ioctl(fd, TUNSETVNETHDRSZ, &bytes); }
static inline int rk_tun_set_send_buffer(int fd, int bytes) { return ioctl(fd, TUNSETSNDBUF, &bytes); }

// Sockets.
static inline int rk_unix_address(struct sockaddr_un *address, const char *path, size_t length) {
    if (length >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length);
    return 0;
}
static inline int rk_unix_bind(int fd, const char *path, size_t length) {
    struct sockaddr_un address;
    if (rk_unix_address(&address, path, length) < 0)
        return -1;
    return bind(fd, (struct sockaddr *)&address, sizeof address);
}
static inline int rk_unix_connect(int fd, const char *path, size_t length) {
    struct sockaddr_un address;
    if (rk_unix_address(&address, path, length) < 0)
        return -1;
    return connect(fd, (struct sockaddr *)&address, sizeof address);
}
int rk_accept(int fd, int flags);

/// Who is at the other end of a Unix socket (SO_PEERCRED).
int rk_peer_credentials(int fd, pid_t *pid, uid_t *uid, gid_t *gid);

#define RK_MAX_PASSED_DESCRIPTORS 253 /* SCM_MAX_FD, include/net/scm.h */

/// sendmsg() with descriptors in a control message (unix(7), SCM_RIGHTS).
static inline ssize_t rk_send_descriptors(int fd, const void *bytes, size_t count, const int *descriptors,
                                          int descriptor_count, int flags) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * RK_MAX_PASSED_DESCRIPTORS)];
    } control;
    if (descriptor_count < 0 || descriptor_count > RK_MAX_PASSED_DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    struct iovec vector = {(void *)(uintptr_t)bytes, count};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    if (descriptor_count > 0) {
        size_t length = sizeof(int) * (size_t)descriptor_count;
        memset(&control, 0, CMSG_SPACE(length));
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(length);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(length);
        memcpy(CMSG_DATA(header), descriptors, length);
    }
    ssize_t rc;
    do {
        rc = sendmsg(fd, &message, flags | MSG_NOSIGNAL);
    } while (rc < 0 && errno == EINTR);
    return rc;
}

/// recvmsg() with descriptors, close-on-exec. `descriptors` has room for RK_MAX_PASSED_DESCRIPTORS.
static inline ssize_t rk_receive_descriptors(int fd, void *bytes, size_t count, int *descriptors,
                                             int *descriptor_count, int flags) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * RK_MAX_PASSED_DESCRIPTORS)];
    } control;
    struct iovec vector = {bytes, count};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    ssize_t rc;
    do {
        rc = recvmsg(fd, &message, flags | MSG_CMSG_CLOEXEC);
    } while (rc < 0 && errno == EINTR);
    *descriptor_count = 0;
    if (rc < 0)
        return rc;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        int found = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(descriptors + *descriptor_count, CMSG_DATA(header), sizeof(int) * (size_t)found);
        *descriptor_count += found;
    }
    return rc;
}

/// A netlink socket: bound, with room to receive, strict checking of dump requests, extended acknowledgements.
static inline int rk_netlink_open(int protocol, int receive_bytes) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof receive_bytes) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    struct sockaddr_nl address;
    memset(&address, 0, sizeof address);
    address.nl_family = AF_NETLINK;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int code = errno;
        close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

/// Joins a multicast group of a netlink socket (NETLINK_ADD_MEMBERSHIP).
static inline int rk_netlink_join(int fd, int group) {
    return setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group);
}

/// A raw packet socket on one interface (packet(7)), bound before it hears anything else.
static inline int rk_packet_open(int interface_index, int *step) {
    *step = 0;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    struct packet_mreq membership;
    memset(&membership, 0, sizeof membership);
    membership.mr_ifindex = interface_index;
    membership.mr_type = PACKET_MR_PROMISC;
    struct sockaddr_ll address;
    memset(&address, 0, sizeof address);
    address.sll_family = AF_PACKET;
    address.sll_protocol = __builtin_bswap16(ETH_P_ALL);
    address.sll_ifindex = interface_index;
    if ((*step = 1, setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on)) < 0 ||
        (*step = 2, setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on)) < 0 ||
        (*step = 3, bind(fd, (struct sockaddr *)&address, sizeof address)) < 0 ||
        (*step = 4, setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership)) < 0 ||
        (*step = 5, setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on)) < 0) {
        int code = errno;
        close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

/// Bytes of control messages that come with a packet socket's frame.
#define RK_PACKET_CONTROL_BYTES CMSG_SPACE(sizeof(struct tpacket_auxdata))
static inline size_t rk_packet_control_bytes(void) { return RK_PACKET_CONTROL_BYTES; }

/// The VLAN tag that the kernel took off a frame before the packet socket saw it (PACKET_AUXDATA): 1 where there is one.
static inline int rk_packet_vlan(const void *control, size_t count, uint16_t *tpid, uint16_t *tci) {
    struct cmsghdr head;
    struct tpacket_auxdata aux;
    if (count < CMSG_LEN(sizeof aux))
        return 0;
    memcpy(&head, control, sizeof head);
    if (head.cmsg_level != SOL_PACKET || head.cmsg_type != PACKET_AUXDATA)
        return 0;
    memcpy(&aux, (const char *)control + CMSG_LEN(0), sizeof aux);
    if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
        return 0;
    *tci = aux.tp_vlan_tci;
    *tpid = aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid : ETH_P_8021Q;
    return 1;
}

/// Reads a frame from a packet socket, and the VLAN tag that was in front of it; `*tpid` is 0 where there was none.
static inline ssize_t rk_packet_read(int fd, void *bytes, size_t count, uint16_t *tpid, uint16_t *tci) {
    _Alignas(struct cmsghdr) char control[RK_PACKET_CONTROL_BYTES];
    struct iovec part = {.iov_base = bytes, .iov_len = count};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    *tpid = 0;
    ssize_t result = recvmsg(fd, &message, 0);
    if (result >= 0)
        (void)rk_packet_vlan(control, message.msg_controllen, tpid, tci);
    return result;
}

#endif
