// usage: rookery-agent [--vsock] [--line DEVICE] PROGRAM
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/vm_sockets.h>
#include "agent.h"

int start_program(const char *program, int connection) {
    pid_t process = fork();
    if (process != 0) return process < 0 ? -1 : 0;
    // Whatever a shell that has put us into the background ignores, or we do.
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    setsid();
    dup2(connection, 0);
    dup2(connection, 1);
    if (connection > 1) close(connection);
    execl(program, program, (char *)NULL);
    _exit(127);
}

const char *serve_vsock(const char *program) {
    int listener = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return "open a vsock";
    struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = agent_port};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) return "bind the vsock";
    if (listen(listener, 16) < 0) return "listen at the vsock";
    for (;;) {
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (connection < 0) {
            // A machine that was moved has other sockets; out of memory is a matter of time.
            if (errno != EINTR && errno != ECONNABORTED) sleep(1);
            continue;
        }
        start_program(program, connection);
        close(connection);
    }
}

static int usage(void) {
    fprintf(stderr, "usage: rookery-agent [--vsock] [--line DEVICE] PROGRAM\n");
    return 2;
}

int main(int count, char **arguments) {
    int wants_vsock = 0, index = 1;
    const char *line = NULL;
    for (; index < count && arguments[index][0] == '-'; index++) {
        if (strcmp(arguments[index], "--vsock") == 0) wants_vsock = 1;
        else if (strcmp(arguments[index], "--line") == 0 && index + 1 < count) line = arguments[++index];
        else return usage();
    }
    if (index != count - 1 || (!wants_vsock && !line)) return usage();
    const char *program = arguments[index];
    // Programs' ends are not waited for.
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    pid_t other = wants_vsock && line ? fork() : 0;
    int is_vsock = wants_vsock && (!line || other != 0);
    const char *failed = is_vsock ? serve_vsock(program) : serve_line(line, program);
    // Most machines have one of the two.
    fprintf(stderr, "rookery-agent: cannot %s: %s\n", failed, strerror(errno));
    if (other > 0) waitpid(other, NULL, 0);
    return wants_vsock && line ? 0 : 1;
}
