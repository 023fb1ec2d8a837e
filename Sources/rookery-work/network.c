#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "work.h"

static uint8_t chunk[stream_chunk];

/// A connected socket; -1 with errno where there is none.
static int connected(const char *address, uint16_t port, int type) {
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &peer.sin_addr) != 1) {
        errno = EINVAL;
        return -1;
    }
    int socket_number = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (socket_number < 0) return -1;
    if (connect(socket_number, (struct sockaddr *)&peer, sizeof peer) != 0) {
        int reason = errno;
        close(socket_number);
        errno = reason;
        return -1;
    }
    return socket_number;
}

/// Waits for a datagram of this kind and number, for `patience` milliseconds.
static int awaited(int socket_number, uint8_t kind, uint64_t number, struct delivery *datagram, int patience) {
    uint64_t deadline = monotonic_nanoseconds() + (uint64_t)patience * 1000000u;
    for (;;) {
        // The one that is awaited is mostly there soon: poll only where it is not.
        ssize_t count = recv(socket_number, datagram, sizeof *datagram, MSG_DONTWAIT);
        if (count == sizeof *datagram && datagram->kind == kind && datagram->number == number) return 1;
        if (count >= 0) continue;
        uint64_t now = monotonic_nanoseconds();
        if (now >= deadline) return 0;
        struct pollfd ready = {.fd = socket_number, .events = POLLIN};
        poll(&ready, 1, (int)((deadline - now) / 1000000u) + 1);
    }
}

static struct result lost(int socket_number) {
    struct result result = {.failure = "the other end does not answer"};
    close(socket_number);
    return result;
}

struct result round_trips(const char *address, uint16_t port, uint64_t count) {
    int socket_number = connected(address, port, SOCK_DGRAM);
    if (socket_number < 0) return failed("connect");
    struct delivery datagram = {.kind = datagram_echo}, answer;
    unsigned losses = 0;
    uint64_t started = monotonic_nanoseconds();
    for (uint64_t number = 0; number < count; number++) {
        datagram.number = number;
        for (;;) {
            send(socket_number, &datagram, sizeof datagram, 0);
            if (awaited(socket_number, datagram_echo, number, &answer, 1000)) break;
            if (++losses > 5) return lost(socket_number);
        }
    }
    struct result result = {.operations = count, .nanoseconds = monotonic_nanoseconds() - started};
    close(socket_number);
    return result;
}

struct result send_datagrams(const char *address, uint16_t port, uint64_t count) {
    int socket_number = connected(address, port, SOCK_DGRAM);
    if (socket_number < 0) return failed("connect");
    struct delivery datagram = {.kind = datagram_question}, answer;
    // A first question forgets what came before.
    datagram.number = monotonic_nanoseconds();
    send(socket_number, &datagram, sizeof datagram, 0);
    if (!awaited(socket_number, datagram_question, datagram.number, &answer, 3000)) return lost(socket_number);
    datagram.kind = datagram_data;
    uint64_t started = monotonic_nanoseconds();
    for (uint64_t number = 0; number < count; number++) {
        datagram.number = number;
        if (send(socket_number, &datagram, sizeof datagram, 0) < 0 && errno != ENOBUFS) {
            struct result result = failed("send");
            close(socket_number);
            return result;
        }
    }
    struct result result = {.operations = count, .nanoseconds = monotonic_nanoseconds() - started};
    datagram.kind = datagram_question;
    datagram.number = monotonic_nanoseconds();
    // The question waits behind the data; where queues were full it is lost with them.
    for (int attempt = 0; attempt < 10; attempt++) {
        send(socket_number, &datagram, sizeof datagram, 0);
        if (!awaited(socket_number, datagram_question, datagram.number, &answer, 1000)) continue;
        result.delivered = answer.count;
        result.delivery_nanoseconds = answer.nanoseconds;
        close(socket_number);
        return result;
    }
    return lost(socket_number);
}

static int started_stream(const char *address, uint16_t port, uint64_t kind, uint64_t byte_count) {
    int socket_number = connected(address, port, SOCK_STREAM);
    if (socket_number < 0) return -1;
    struct stream_start start = {.kind = kind, .byte_count = byte_count};
    if (send(socket_number, &start, sizeof start, MSG_NOSIGNAL) == sizeof start) return socket_number;
    close(socket_number);
    return -1;
}

struct result send_stream(const char *address, uint16_t port, uint64_t mebibytes) {
    int socket_number = started_stream(address, port, stream_to_peer, mebibytes << 20);
    if (socket_number < 0) return failed("connect");
    uint64_t left = mebibytes << 20, started = monotonic_nanoseconds();
    while (left > 0) {
        ssize_t count = send(socket_number, chunk, left < sizeof chunk ? left : sizeof chunk, MSG_NOSIGNAL);
        if (count <= 0) {
            struct result result = failed("send");
            close(socket_number);
            return result;
        }
        left -= (uint64_t)count;
    }
    // The other end says when it has everything.
    uint8_t answer;
    ssize_t count = recv(socket_number, &answer, 1, 0);
    struct result result = {.operations = mebibytes, .nanoseconds = monotonic_nanoseconds() - started};
    close(socket_number);
    return count == 1 ? result : failed("receive the answer");
}

struct result receive_stream(const char *address, uint16_t port, uint64_t mebibytes) {
    uint64_t left = mebibytes << 20, started = monotonic_nanoseconds();
    int socket_number = started_stream(address, port, stream_from_peer, left);
    if (socket_number < 0) return failed("connect");
    while (left > 0) {
        ssize_t count = recv(socket_number, chunk, sizeof chunk, 0);
        if (count <= 0) {
            struct result result = failed("receive");
            close(socket_number);
            return result;
        }
        left -= (uint64_t)count;
    }
    struct result result = {.operations = mebibytes, .nanoseconds = monotonic_nanoseconds() - started};
    close(socket_number);
    return result;
}
