// The works that `rookery compare` measures, in one small static program: the same bytes run as a process of the machine's
// and in guests, so that what differs is what is around them.
#pragma once
#include <stdint.h>

/// What a work has done. `operations` is 0 where it failed; `failure` says why.
struct result {
    uint64_t operations;
    /// Of CLOCK_MONOTONIC, where the work ran.
    uint64_t nanoseconds;
    /// Datagrams: how many arrived, and the time between the first and the last by the clock of the other end; or 0.
    uint64_t delivered;
    uint64_t delivery_nanoseconds;
    char failure[128];
};

uint64_t monotonic_nanoseconds(void);
/// Fills `failure` with what was attempted and why it failed (errno).
struct result failed(const char *what);

/// Steps of a chain of shifts and exclusive ors, each of which needs the one before.
struct result compute(uint64_t steps);
/// System calls that do nothing: getppid.
struct result system_calls(uint64_t count);
/// Writes of 4 KiB, each followed by fdatasync, one behind the other and again from the start.
/// `path` is a file or a block device of `byte_count` bytes.
struct result write_disk(const char *path, uint64_t byte_count, uint64_t count);
/// Round trips of 64-byte UDP datagrams, one at a time.
struct result round_trips(const char *address, uint16_t port, uint64_t count);
/// UDP datagrams of 64 bytes, one way, as fast as they go.
struct result send_datagrams(const char *address, uint16_t port, uint64_t count);
/// One TCP stream to the other end, or from it; an operation is a MiB.
struct result send_stream(const char *address, uint16_t port, uint64_t mebibytes);
struct result receive_stream(const char *address, uint16_t port, uint64_t mebibytes);

/// The other end of the network's works: answers at a port until standard input ends.
int serve_peer(uint16_t port);

/// How the ends of the network's works speak. Datagrams have 64 bytes; the first says what they are.
enum { datagram_byte_count = 64 };
enum datagram_kind { datagram_echo = 'E', datagram_data = 'D', datagram_question = 'Q' };
/// The answer to a question: what has arrived since the last one.
struct delivery {
    uint8_t kind;
    uint8_t padding[7];
    uint64_t number;
    uint64_t count;
    uint64_t nanoseconds;
    uint8_t rest[datagram_byte_count - 32];
};
/// A stream begins with which way it goes and how long it is.
enum stream_kind { stream_to_peer = 'S', stream_from_peer = 'R' };
struct stream_start {
    uint64_t kind;
    uint64_t byte_count;
};
enum { stream_chunk = 128 << 10 };
