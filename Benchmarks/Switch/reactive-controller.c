// A controller that sets up a flow for every packet that a switch sends it, as fast as it can: packet-in, then a flow-mod for the
// packet's five-tuple and addresses, and a packet-out. Between ports 1 and 2.
//
// usage: reactive-controller 1.0|1.3 PORT      listens on 127.0.0.1
// Prints "ready" when the switch's tables are empty and new packets come here, "lost" when the connection ends, and on SIGTERM
// the counts of packet-ins, flow-mods and errors.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HELLO = 0, ERROR = 1, ECHO_REQUEST = 2, ECHO_REPLY = 3, FEATURES_REQUEST = 5, SET_CONFIG = 9, PACKET_IN = 10, PACKET_OUT = 13,
       FLOW_MOD = 14 };
enum { NO_BUFFER = 0xffffffff, FRAME = 42 }; // Ethernet, IPv4 without options, UDP

static uint8_t out[1 << 20];
static size_t used;
static int version, barrier_request, barrier_reply;
static volatile sig_atomic_t ending;
static unsigned long packet_ins, flow_mods, errors;

static void end(int signal) { ending = 1; }

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void put(const void *bytes, size_t count) {
    memcpy(out + used, bytes, count);
    used += count;
}
static void put8(uint8_t value) { out[used++] = value; }
static void put16(uint16_t value) { value = htons(value), put(&value, 2); }
static void put32(uint32_t value) { value = htonl(value), put(&value, 4); }
static void zero(size_t count) { memset(out + used, 0, count), used += count; }
static uint16_t get16(const uint8_t *at) { return at[0] << 8 | at[1]; }
static uint32_t get32(const uint8_t *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }

static size_t begin(uint8_t type) {
    size_t at = used;
    put8(version), put8(type), put16(0), put32(0x1000);
    return at;
}
static void close_message(size_t at) {
    out[at + 2] = (used - at) >> 8;
    out[at + 3] = used - at;
}

static void flush(int socket) {
    for (size_t done = 0; done < used;) {
        ssize_t count = write(socket, out + done, used - done);
        if (count <= 0) {
            if (ending) return;
            fail("write");
        }
        done += count;
    }
    used = 0;
}

// The flow of a frame, or of every frame where there is none; the actions follow.
static size_t begin_flow_mod(uint8_t command, const uint8_t *frame, uint32_t in_port, uint16_t priority, uint32_t buffer) {
    size_t at = begin(FLOW_MOD);
    if (version == 1) {
        put32(frame ? 0 : 0x3fffff); // wildcards
        put16(in_port);
        if (frame) {
            put(frame + 6, 6), put(frame, 6);
            put16(0xffff), zero(2); // no VLAN
            put16(0x0800), put8(0) /* TOS */, put8(17), zero(2);
            put(frame + 26, 8), put(frame + 34, 4);
        } else {
            zero(34);
        }
        zero(8); // cookie
        put16(command), put16(0), put16(0), put16(priority), put32(buffer), put16(0xffff), put16(0);
        return at;
    }
    zero(16); // cookie and mask
    put8(command == 3 ? 0xff : 0), put8(command), put16(0), put16(0), put16(priority);
    put32(buffer), put32(0xffffffff), put32(0xffffffff), put16(0), zero(2);
    size_t match = used;
    put16(1), put16(0);
    if (frame) {
        put32(0x80000004), put32(in_port);
        put32(0x80000606), put(frame, 6);
        put32(0x80000806), put(frame + 6, 6);
        put32(0x80000a02), put16(0x0800);
        put32(0x80001401), put8(17);
        put32(0x80001604), put(frame + 26, 4);
        put32(0x80001804), put(frame + 30, 4);
        put32(0x80001e02), put(frame + 34, 2);
        put32(0x80002002), put(frame + 36, 2);
    }
    size_t length = used - match;
    out[match + 2] = length >> 8, out[match + 3] = length;
    zero((8 - length % 8) % 8);
    return at;
}

static void put_output(uint32_t port) {
    put16(0);
    if (version == 1) {
        put16(8), put16(port), put16(0xffff);
    } else {
        put16(16), put32(port), put16(0xffff), zero(6);
    }
}

static void set_up(const uint8_t *message, size_t length) {
    uint32_t buffer = get32(message + 8), in_port = 0;
    const uint8_t *frame;
    if (version == 1) {
        in_port = get16(message + 14), frame = message + 18;
    } else {
        size_t match = get16(message + 26);
        for (const uint8_t *field = message + 28; field < message + 24 + match; field += 4 + field[3])
            if (get32(field) == 0x80000004) in_port = get32(field + 4);
        frame = message + 24 + (match + 7) / 8 * 8 + 2;
    }
    size_t bytes = message + length - frame;
    if (frame + FRAME > message + length || get16(frame + 12) != 0x0800 || frame[23] != 17) return; // not the generator's
    uint32_t port = in_port == 1 ? 2 : 1;
    size_t at = begin_flow_mod(0, frame, in_port, 100, buffer);
    if (version != 1) put16(4), put16(24), zero(4); // apply-actions
    put_output(port);
    close_message(at);
    flow_mods++;
    if (buffer != NO_BUFFER) return;
    at = begin(PACKET_OUT);
    put32(NO_BUFFER);
    if (version == 1)
        put16(in_port), put16(8);
    else
        put32(in_port), put16(16), zero(6);
    put_output(port);
    put(frame, bytes);
    close_message(at);
}

static void receive(const uint8_t *message, size_t length) {
    size_t at;
    switch (message[1]) {
    case ERROR:
        errors++;
        break;
    case ECHO_REQUEST:
        at = begin(ECHO_REPLY);
        memcpy(out + at + 4, message + 4, 4);
        put(message + 8, length - 8);
        close_message(at);
        break;
    case PACKET_IN:
        packet_ins++;
        set_up(message, length);
        break;
    default:
        if (message[1] != barrier_reply) break;
        puts("ready");
        fflush(stdout);
    }
}

int main(int count, char **arguments) {
    if (count != 3) return fputs("usage: reactive-controller 1.0|1.3 PORT\n", stderr), 2;
    version = strcmp(arguments[1], "1.0") ? 4 : 1;
    barrier_request = version == 1 ? 18 : 20, barrier_reply = barrier_request + 1;
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(atoi(arguments[2])), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 1)) fail("listen");
    int connection = accept(listener, NULL, NULL);
    if (connection < 0) return 0;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);

    close_message(begin(HELLO));
    close_message(begin(FEATURES_REQUEST));
    size_t at = begin(SET_CONFIG);
    put16(0), put16(0xffff);
    close_message(at);
    close_message(begin_flow_mod(3, NULL, 0, 0, NO_BUFFER)); // delete all
    if (version != 1) {
        at = begin_flow_mod(0, NULL, 0, 0, NO_BUFFER); // what matches nothing comes here, whole
        put16(4), put16(24), zero(4), put_output(0xfffffffd);
        close_message(at);
    }
    close_message(begin(barrier_request));
    flush(connection);

    static uint8_t in[1 << 18];
    size_t held = 0;
    while (!ending) {
        ssize_t got = read(connection, in + held, sizeof in - held);
        if (got <= 0) break;
        held += got;
        size_t done = 0;
        while (held - done >= 8) {
            size_t length = get16(in + done + 2);
            if (length < 8) return fputs("a message without a length\n", stderr), 1;
            if (held - done < length) break;
            receive(in + done, length);
            done += length;
            if (used > sizeof out / 2) flush(connection);
        }
        memmove(in, in + done, held -= done);
        flush(connection);
    }
    if (!ending) puts("lost");
    printf("%lu packet-ins %lu flow-mods %lu errors\n", packet_ins, flow_mods, errors);
    return 0;
}
