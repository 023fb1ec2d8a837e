// Sends the first packet of ever new flows in one network namespace and counts those that arrive in another, of which at most
// WINDOW are under way: what a switch and its controller set up in a second. A flow is new in its source address and its ports.
//
// usage: new-flows NAMESPACE NAMESPACE SECONDS WINDOW      (interface eth0 in both)
// Prints "FLOWS-PER-SECOND LOST MEDIAN-MICROSECONDS". A packet that has not arrived after a second counts as lost.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAME = 60, MAGIC = 0x526f6f6b, LIMIT = 1 << 24 };

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static int open_in(const char *namespace, int protocol) {
    char path[256];
    snprintf(path, sizeof path, "/run/netns/%s", namespace);
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0 || setns(descriptor, CLONE_NEWNET)) fail(path);
    close(descriptor);
    int packets = socket(AF_PACKET, SOCK_RAW, htons(protocol)), large = 8 << 20;
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = if_nametoindex("eth0")};
    if (packets < 0 || bind(packets, (void *)&address, sizeof address)) fail("packet socket");
    setsockopt(packets, SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
    return packets;
}

static uint16_t checksum(const uint8_t *at, size_t count) {
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i += 2) sum += at[i] << 8 | at[i + 1];
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return ~sum;
}

static void put16(uint8_t *at, uint16_t value) { at[0] = value >> 8, at[1] = value; }
static void put32(uint8_t *at, uint32_t value) { put16(at, value >> 16), put16(at + 2, value); }
static uint32_t get32(const uint8_t *at) { return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]; }

static int ascending(const void *left, const void *right) {
    float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

int main(int count, char **arguments) {
    if (count != 5) return fputs("usage: new-flows NAMESPACE NAMESPACE SECONDS WINDOW\n", stderr), 2;
    double seconds = atof(arguments[3]);
    long window = atol(arguments[4]);
    int sender = open_in(arguments[1], 0), receiver = open_in(arguments[2], ETH_P_IP);
    float *sent_at = calloc(LIMIT, sizeof *sent_at), *times = calloc(LIMIT, sizeof *times);
    if (!sent_at || !times) fail("memory");

    uint8_t frame[FRAME] = {2, 0, 0, 0, 0, 2, 2, 1};
    put16(frame + 12, ETH_P_IP);
    memcpy(frame + 14, (uint8_t[]){0x45, 0, 0, FRAME - 14, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, 20);
    put16(frame + 24, checksum(frame + 14, 20));
    put16(frame + 38, FRAME - 34); // UDP without a checksum
    put32(frame + 42, MAGIC);
    // Flows of an earlier run are not new.
    uint32_t salt = (uint32_t)time(NULL) ^ (uint32_t)getpid() << 16;

    double begun = now(), progress = begun;
    long sent = 0, arrived = 0, lost = 0;
    while (now() - begun < seconds) {
        while (sent - arrived - lost < window && sent < LIMIT) {
            put32(frame + 8, (uint32_t)sent * 2654435761u ^ salt);
            put16(frame + 34, 1024 + sent % 60000), put16(frame + 36, 1024 + sent / 60000);
            put32(frame + 46, (uint32_t)sent);
            put32(frame + 50, salt);
            sent_at[sent] = now() - begun;
            if (send(sender, frame, sizeof frame, 0) != sizeof frame) break;
            sent++;
        }
        struct pollfd waiting = {.fd = receiver, .events = POLLIN};
        poll(&waiting, 1, 100);
        uint8_t got[2048];
        ssize_t length;
        while ((length = recv(receiver, got, sizeof got, MSG_DONTWAIT)) > 0) {
            if (length < 54 || get32(got + 42) != MAGIC || get32(got + 50) != salt) continue;
            uint32_t number = get32(got + 46);
            if (number >= sent || sent_at[number] < 0) continue; // a second copy
            times[arrived++] = now() - begun - sent_at[number];
            sent_at[number] = -1;
            progress = now();
        }
        if (now() - progress > 1) lost = sent - arrived, progress = now();
    }
    double elapsed = now() - begun;
    qsort(times, arrived, sizeof *times, ascending);
    printf("%.1f %ld %.1f\n", arrived / elapsed, lost, arrived ? times[arrived / 2] * 1e6 : 0);
    return 0;
}
