// Datagrams of 22 bytes: frames of 64 bytes on a link (14 Ethernet, 20 IPv4, 8 UDP; without the frame check sequence).
//
//   datagrams receive                    counts what comes, until half a second is silent; prints packets per second
//   datagrams send ADDRESS SECONDS       sends as fast as it can
//   datagrams echo                       answers each; ends when killed
//   datagrams pingpong ADDRESS COUNT GAP round trips, a pause of GAP µs before each; prints each in µs
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { port = 7007, size = 22 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static int receiveUntilSilent(int descriptor) {
    int buffer = 8 << 20;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    char bytes[2048];
    long count = 0;
    double first = 0, last = 0;
    while (recv(descriptor, bytes, sizeof bytes, 0) >= 0) {
        last = now();
        if (count++ == 0) {
            first = last;
            struct timeval silence = {0, 500000};
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
        }
    }
    printf("%.0f\n", last > first ? count / (last - first) : 0);
    return 0;
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    char bytes[2048] = {0};
    int serves = !strcmp(mode, "receive") || !strcmp(mode, "echo");
    if (serves && bind(descriptor, (void *)&address, sizeof address)) return perror("bind"), 1;
    if (!serves && (argc < 4 || inet_pton(AF_INET, argv[2], &address.sin_addr) != 1)) return 2;
    if (!serves && connect(descriptor, (void *)&address, sizeof address)) return perror("connect"), 1;

    if (!strcmp(mode, "receive")) return receiveUntilSilent(descriptor);
    if (!strcmp(mode, "send")) {
        double end = now() + atof(argv[3]);
        while (now() < end)
            for (int i = 0; i < 64; i++) send(descriptor, bytes, size, 0);
        return 0;
    }
    if (!strcmp(mode, "echo"))
        for (;;) {
            socklen_t length = sizeof address;
            ssize_t count = recvfrom(descriptor, bytes, sizeof bytes, 0, (void *)&address, &length);
            if (count >= 0) sendto(descriptor, bytes, count, 0, (void *)&address, length);
        }
    if (!strcmp(mode, "pingpong") && argc > 4) {
        struct timeval patience = {1, 0};
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        for (long i = 0, count = atol(argv[3]); i < count; i++) {
            usleep(atoi(argv[4]));
            double sent = now();
            // A refusal means that the other side has not started yet, silence that a packet was lost.
            if (send(descriptor, bytes, size, 0) < 0 || recv(descriptor, bytes, sizeof bytes, 0) < 0) {
                if (errno == ECONNREFUSED) usleep(10000), i--;
                continue;
            }
            printf("%.1f\n", (now() - sent) * 1e6);
        }
        return 0;
    }
    return 2;
}
