#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "work.h"

static uint8_t chunk[stream_chunk];

/// What datagrams of data have arrived since the last question.
static struct {
    uint64_t count, first, last;
    struct delivery answer;
} arrivals;

static int bound(int type, uint16_t port) {
    int yes = 1, socket_number = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (socket_number < 0) return -1;
    setsockopt(socket_number, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    // As many small datagrams as the machine lets wait: they are counted, and nothing else is done for them.
    int room = 16 << 20;
    if (setsockopt(socket_number, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
        setsockopt(socket_number, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(socket_number, (struct sockaddr *)&any, sizeof any) != 0) return -1;
    return socket_number;
}

static void answer_datagrams(int socket_number) {
    struct delivery datagram;
    struct sockaddr_in from;
    for (;;) {
        socklen_t length = sizeof from;
        ssize_t count = recvfrom(
            socket_number, &datagram, sizeof datagram, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
        if (count < 0) return;
        if (count != sizeof datagram) continue;
        switch (datagram.kind) {
        case datagram_data:
            arrivals.last = monotonic_nanoseconds();
            if (arrivals.count++ == 0) arrivals.first = arrivals.last;
            break;
        case datagram_question:
            // Asked again, the same is said again: the answer was lost.
            if (datagram.number != arrivals.answer.number) {
                arrivals.answer = datagram;
                arrivals.answer.count = arrivals.count;
                arrivals.answer.nanoseconds = arrivals.last - arrivals.first;
                arrivals.count = arrivals.first = arrivals.last = 0;
            }
            sendto(socket_number, &arrivals.answer, sizeof datagram, 0, (struct sockaddr *)&from, length);
            break;
        case datagram_echo:
            sendto(socket_number, &datagram, sizeof datagram, 0, (struct sockaddr *)&from, length);
            break;
        }
    }
}

/// A stream, in a process of its own.
static void serve_stream(int stream) {
    struct stream_start start;
    if (recv(stream, &start, sizeof start, MSG_WAITALL) != sizeof start) return;
    uint64_t left = start.byte_count;
    while (left > 0) {
        size_t most = left < sizeof chunk ? left : sizeof chunk;
        ssize_t count = start.kind == stream_to_peer
            ? recv(stream, chunk, most, 0) : send(stream, chunk, most, MSG_NOSIGNAL);
        if (count <= 0) return;
        left -= (uint64_t)count;
    }
    if (start.kind == stream_to_peer) send(stream, "", 1, MSG_NOSIGNAL);
    // Closed by who reads, so that nothing of it is cut off.
    recv(stream, chunk, 1, 0);
}

int serve_peer(uint16_t port) {
    signal(SIGCHLD, SIG_IGN);
    int datagrams = bound(SOCK_DGRAM, port), listener = bound(SOCK_STREAM, port);
    if (datagrams < 0 || listener < 0 || listen(listener, 16) != 0) {
        fprintf(stderr, "rookery-work: listen at port %u: %s\n", port, strerror(errno));
        return 1;
    }
    printf("work: ready\n");
    fflush(stdout);
    for (;;) {
        struct pollfd watched[] = {
            {.fd = datagrams, .events = POLLIN}, {.fd = listener, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
        if (poll(watched, 3, -1) < 0 && errno != EINTR) return 1;
        if (watched[0].revents) answer_datagrams(datagrams);
        if (watched[1].revents) {
            int stream = accept(listener, NULL, NULL);
            if (stream >= 0 && fork() == 0) {
                // A stream that hangs is not to outlive everything.
                alarm(600);
                serve_stream(stream);
                _exit(0);
            }
            if (stream >= 0) close(stream);
        }
        // Nothing is said to the other end over standard input: it is there to end.
        if (watched[2].revents && read(0, chunk, sizeof chunk) <= 0) return 0;
    }
}
