// In a guest: starts a program for each connection that the host opens, with the connection as its standard input and
// output. Connections come by vsock, or, where the machine has no socket device, as vsock's packets over a serial line.
#pragma once

/// The port that the host connects to.
enum { agent_port = 1024 };

/// Starts `program` with `connection` as its standard input and output; errors go nowhere.
/// - Returns: 0, or -1 where no process can be had.
int start_program(const char *program, int connection);

/// Accepts connections by vsock, for ever.
/// - Returns: where there is no vsock: what was attempted, with errno set.
const char *serve_vsock(const char *program);

/// Carries connections over a serial line, for ever.
/// - Returns: where there is no such line: what was attempted, with errno set.
const char *serve_line(const char *device, const char *program);
