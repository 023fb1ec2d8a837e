// The guest's end of vsock's packets over a serial line: frames of SLIP (RFC 1055), each a header (virtio 1.2, clause 5.10.6)
// with its data. The first packet has operation 0 and says that this end has started.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include "agent.h"

enum { frame_end = 0300, frame_escape = 0333, escaped_end = 0334, escaped_escape = 0335 };

enum operation {
    op_hello, op_request, op_response, op_reset, op_shutdown, op_data, op_credit_update, op_credit_request
};
enum { no_more_received = 1, no_more_sent = 2 };

/// Little-endian, as the processor is.
struct header {
    uint64_t source_cid, destination_cid;
    uint32_t source_port, destination_port, byte_count;
    uint16_t type, operation;
    uint32_t flags, buffer_byte_count, forwarded_count;
} __attribute__((packed));

enum {
    host_cid = 2,
    stream = 1,
    connection_limit = 32,
    longest_data = 1024,
    /// What the host may have under way to one connection. All of them fit into what the kernel keeps for a terminal.
    buffer_byte_count = 8192,
    /// The frame of a packet at its longest.
    longest_frame = 2 * (sizeof(struct header) + longest_data) + 2,
};

struct connection {
    /// The program's socket; -1: there is no such connection.
    int socket;
    uint32_t host_port;
    /// From the host to the program.
    uint8_t buffer[buffer_byte_count];
    uint32_t buffered, forwarded_count, told_forwarded_count;
    /// From the program to the host.
    uint32_t sent_count, host_buffer_byte_count, host_forwarded_count;
    /// Flags of shutdowns.
    uint32_t host_shutdown, own_shutdown;
};

static struct connection connections[connection_limit];
static int line;
/// As the host calls this guest.
static uint64_t guest_cid;
static uint8_t outgoing[16 * longest_frame];
static size_t outgoing_count;

static int has_room(void) { return sizeof outgoing - outgoing_count >= 4 * longest_frame; }

static void put(const void *bytes, size_t count) {
    for (const uint8_t *byte = bytes; count > 0; byte++, count--) {
        if (*byte == frame_end || *byte == frame_escape) {
            outgoing[outgoing_count++] = frame_escape;
            outgoing[outgoing_count++] = *byte == frame_end ? escaped_end : escaped_escape;
        } else {
            outgoing[outgoing_count++] = *byte;
        }
    }
}

static void send_packet(struct header header, const void *data, uint32_t count) {
    header.source_cid = guest_cid;
    header.destination_cid = host_cid;
    header.byte_count = count;
    header.type = stream;
    outgoing[outgoing_count++] = frame_end;
    put(&header, sizeof header);
    if (count > 0) put(data, count);
    outgoing[outgoing_count++] = frame_end;
}

static void tell(struct connection *connection, enum operation operation, uint32_t flags, const void *data, uint32_t count) {
    struct header header = {
        .source_port = agent_port, .destination_port = connection->host_port, .operation = operation, .flags = flags,
        .buffer_byte_count = buffer_byte_count, .forwarded_count = connection->forwarded_count};
    connection->told_forwarded_count = connection->forwarded_count;
    send_packet(header, data, count);
}

static void forget(struct connection *connection) {
    close(connection->socket);
    connection->socket = -1;
}

/// Tells the host what this end will not do any more, once.
static void shut(struct connection *connection, uint32_t flags) {
    if ((connection->own_shutdown | flags) == connection->own_shutdown) return;
    connection->own_shutdown |= flags;
    tell(connection, op_shutdown, connection->own_shutdown, NULL, 0);
}

// From the host

static struct connection *find(uint32_t host_port) {
    for (int index = 0; index < connection_limit; index++) {
        if (connections[index].socket >= 0 && connections[index].host_port == host_port) return &connections[index];
    }
    return NULL;
}

static void refuse(const struct header *header) {
    if (header->operation == op_reset) return;
    send_packet(
        (struct header){
            .source_port = header->destination_port, .destination_port = header->source_port, .operation = op_reset},
        NULL, 0);
}

static void open_connection(const struct header *header, const char *program) {
    struct connection *connection = connections;
    while (connection < connections + connection_limit && connection->socket >= 0) connection++;
    int pair[2];
    if (header->destination_port != agent_port || connection == connections + connection_limit
        || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        return refuse(header);
    }
    int started = start_program(program, pair[1]);
    close(pair[1]);
    if (started < 0) {
        close(pair[0]);
        return refuse(header);
    }
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    memset(connection, 0, sizeof *connection);
    connection->socket = pair[0];
    connection->host_port = header->source_port;
    connection->host_buffer_byte_count = header->buffer_byte_count;
    connection->host_forwarded_count = header->forwarded_count;
    tell(connection, op_response, 0, NULL, 0);
}

/// Gives the program what is buffered, as far as it takes it; then the host's end.
static void pass(struct connection *connection) {
    while (connection->buffered > 0) {
        ssize_t count = write(connection->socket, connection->buffer, connection->buffered);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) {
            // Nobody reads any more.
            connection->buffered = 0;
            shut(connection, no_more_received);
            break;
        }
        connection->buffered -= (uint32_t)count;
        connection->forwarded_count += (uint32_t)count;
        memmove(connection->buffer, connection->buffer + count, connection->buffered);
    }
    if (connection->host_shutdown & no_more_sent) shutdown(connection->socket, SHUT_WR);
    if (connection->forwarded_count - connection->told_forwarded_count >= buffer_byte_count / 4) {
        tell(connection, op_credit_update, 0, NULL, 0);
    }
}

static void take_packet(const uint8_t *frame, size_t count, const char *program) {
    struct header header;
    if (count < sizeof header) return;
    memcpy(&header, frame, sizeof header);
    const uint8_t *data = frame + sizeof header;
    count -= sizeof header;
    if (header.byte_count != count) return;
    guest_cid = header.destination_cid;
    struct connection *connection = find(header.source_port);
    if (!connection) return header.operation == op_request ? open_connection(&header, program) : refuse(&header);
    connection->host_buffer_byte_count = header.buffer_byte_count;
    connection->host_forwarded_count = header.forwarded_count;
    switch (header.operation) {
    case op_data:
        if (count > buffer_byte_count - connection->buffered) {
            tell(connection, op_reset, 0, NULL, 0);
            return forget(connection);
        }
        if (connection->own_shutdown & no_more_received) return;
        memcpy(connection->buffer + connection->buffered, data, count);
        connection->buffered += (uint32_t)count;
        return pass(connection);
    case op_shutdown:
        connection->host_shutdown |= header.flags;
        if (connection->host_shutdown & no_more_received) shutdown(connection->socket, SHUT_RD);
        return pass(connection);
    case op_credit_request: return tell(connection, op_credit_update, 0, NULL, 0);
    case op_credit_update: return;
    case op_request: tell(connection, op_reset, 0, NULL, 0); return forget(connection);
    default: return forget(connection);
    }
}

static void take_bytes(const uint8_t *bytes, size_t count, const char *program) {
    static uint8_t frame[sizeof(struct header) + longest_data];
    static size_t length;
    static int is_escaped, is_spoilt;
    for (; count > 0; bytes++, count--) {
        uint8_t byte = *bytes;
        if (byte == frame_end) {
            if (!is_spoilt) take_packet(frame, length, program);
            length = 0;
            is_escaped = is_spoilt = 0;
            continue;
        }
        if (byte == frame_escape) {
            is_escaped = 1;
            continue;
        }
        if (is_escaped) byte = byte == escaped_end ? frame_end : frame_escape;
        is_escaped = 0;
        if (length == sizeof frame) is_spoilt = 1;
        else frame[length++] = byte;
    }
}

// To the host

/// The program has bytes, or has ended.
static void fetch(struct connection *connection, short events) {
    uint8_t data[longest_data];
    uint32_t under_way = connection->sent_count - connection->host_forwarded_count;
    uint32_t credit =
        under_way < connection->host_buffer_byte_count ? connection->host_buffer_byte_count - under_way : 0;
    if (credit > 0 && !(connection->own_shutdown & no_more_sent)) {
        ssize_t count = read(connection->socket, data, credit < sizeof data ? credit : sizeof data);
        if (count > 0) {
            connection->sent_count += (uint32_t)count;
            return tell(connection, op_data, 0, data, (uint32_t)count);
        }
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        // Without a reader nothing is left to be done; with one, the host may still have something to say.
        shut(connection, no_more_sent | (events & (POLLHUP | POLLERR) ? no_more_received : 0u));
    } else if (connection->own_shutdown & no_more_sent && events & (POLLHUP | POLLERR)) {
        shut(connection, no_more_received);
    }
}

static short wanted_events(const struct connection *connection) {
    uint32_t under_way = connection->sent_count - connection->host_forwarded_count;
    short events = connection->buffered > 0 ? POLLOUT : 0;
    if (!(connection->own_shutdown & no_more_sent) && has_room() && under_way < connection->host_buffer_byte_count) {
        events |= POLLIN;
    }
    return events;
}

/// - Returns: 0, or -1 where the device is no serial line.
static int make_raw(int device) {
    struct termios settings;
    if (tcgetattr(device, &settings) < 0) return -1;
    cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL | CREAD;
    settings.c_cflag &= ~(tcflag_t)CRTSCTS;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    cfsetspeed(&settings, B115200);
    if (tcsetattr(device, TCSANOW, &settings) < 0) return -1;
    return tcflush(device, TCIFLUSH);
}

const char *serve_line(const char *device, const char *program) {
    line = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (line < 0) return "open the line";
    if (make_raw(line) < 0) return "set up the line";
    for (int index = 0; index < connection_limit; index++) connections[index].socket = -1;
    send_packet((struct header){.operation = op_hello}, NULL, 0);
    for (;;) {
        struct pollfd polled[connection_limit + 1];
        struct connection *whose[connection_limit + 1];
        nfds_t count = 1;
        polled[0] = (struct pollfd){.fd = line, .events = (has_room() ? POLLIN : 0) | (outgoing_count > 0 ? POLLOUT : 0)};
        for (int index = 0; index < connection_limit; index++) {
            struct connection *connection = &connections[index];
            if (connection->socket < 0) continue;
            short events = wanted_events(connection);
            // A poll tells of an end again and again: it is asked only where the answer can be acted on.
            int is_done = connection->own_shutdown == (no_more_sent | no_more_received);
            int has_ended = connection->own_shutdown & no_more_sent;
            int is_asked = !is_done && has_room() && (events != 0 || has_ended);
            polled[count] = (struct pollfd){.fd = is_asked ? connection->socket : -1, .events = events};
            whose[count++] = connection;
        }
        if (poll(polled, count, -1) < 0) {
            if (errno == EINTR) continue;
            return "wait";
        }
        for (nfds_t index = 1; index < count; index++) {
            if (polled[index].revents == 0 || !has_room()) continue;
            if (polled[index].revents & POLLOUT) pass(whose[index]);
            if (polled[index].revents & (POLLIN | POLLHUP | POLLERR)) fetch(whose[index], polled[index].revents);
        }
        if (polled[0].revents & POLLIN && has_room()) {
            uint8_t bytes[512];
            ssize_t got = read(line, bytes, sizeof bytes);
            if (got > 0) take_bytes(bytes, (size_t)got, program);
            else if (got == 0 || (errno != EAGAIN && errno != EINTR)) return "read the line";
        } else if (polled[0].revents & (POLLHUP | POLLERR | POLLNVAL)) {
            errno = EIO;
            return "read the line";
        }
        if (outgoing_count > 0) {
            ssize_t gone = write(line, outgoing, outgoing_count);
            if (gone > 0) {
                outgoing_count -= (size_t)gone;
                memmove(outgoing, outgoing + gone, outgoing_count);
            } else if (gone < 0 && errno != EAGAIN && errno != EINTR) {
                return "write to the line";
            }
        }
    }
}
