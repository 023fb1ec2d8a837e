// usage: rookery-work serve         works that lines of standard input ask for; an answer each on standard output
//        rookery-work peer PORT     the other end of the network's works
//
// A request is a word and its numbers; an answer is
//     work: ok OPERATIONS NANOSECONDS DELIVERED DELIVERY-NANOSECONDS DEVICE-INTERRUPTS TIMER-INTERRUPTS
//     work: failed TEXT
// The interrupts are those that the system on which it runs has taken for the work (/proc/interrupts).
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "work.h"

struct interrupts {
    uint64_t devices, timers;
};

/// Lines of /proc/interrupts: a number or a name, a colon, a count a processor, what it is.
static struct interrupts interrupts_now(void) {
    struct interrupts interrupts = {0};
    FILE *file = fopen("/proc/interrupts", "re");
    char line[4096];
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':'), *label = line + strspn(line, " ");
        if (!colon) continue;
        uint64_t sum = 0;
        for (char *place = colon + 1, *end;; place = end) {
            uint64_t count = strtoull(place, &end, 10);
            if (end == place) break;
            sum += count;
        }
        if (*label >= '0' && *label <= '9') {
            // The timers of a PC are devices' lines, too, where a kernel ticks by them.
            if (strstr(colon, " timer\n") || strstr(colon, " hpet")) interrupts.timers += sum;
            else if (!strstr(colon, " ttyS")) interrupts.devices += sum;
        } else if (strncmp(label, "LOC:", 4) == 0) {
            interrupts.timers += sum;
        }
    }
    if (file) fclose(file);
    return interrupts;
}

static struct result run(char *request) {
    char *words[5] = {0};
    int count = 0;
    for (char *word = strtok(request, " \r\n"); word && count < 5; word = strtok(NULL, " \r\n")) words[count++] = word;
    const char *name = count > 0 ? words[0] : "";
#define number(index) (count > (index) ? strtoull(words[index], NULL, 10) : 0)
    if (strcmp(name, "compute") == 0 && count == 2) return compute(number(1));
    if (strcmp(name, "calls") == 0 && count == 2) return system_calls(number(1));
    if (strcmp(name, "disk") == 0 && count == 4 && number(2) >= 4096) return write_disk(words[1], number(2), number(3));
    if (strcmp(name, "trips") == 0 && count == 4) return round_trips(words[1], (uint16_t)number(2), number(3));
    if (strcmp(name, "datagrams") == 0 && count == 4) return send_datagrams(words[1], (uint16_t)number(2), number(3));
    if (strcmp(name, "send") == 0 && count == 4) return send_stream(words[1], (uint16_t)number(2), number(3));
    if (strcmp(name, "receive") == 0 && count == 4) return receive_stream(words[1], (uint16_t)number(2), number(3));
#undef number
    return (struct result){.failure = "no such work"};
}

static int serve(void) {
    struct termios terminal;
    if (isatty(0) && tcgetattr(0, &terminal) == 0) {
        // A console is a line to whoever asks, not to a person: no echo, no carriage returns.
        cfmakeraw(&terminal);
        tcsetattr(0, TCSANOW, &terminal);
    }
    char line[256];
    printf("work: ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        struct interrupts before = interrupts_now();
        struct result result = run(line);
        struct interrupts after = interrupts_now();
        if (result.operations > 0) {
            printf(
                "work: ok %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", result.operations,
                result.nanoseconds, result.delivered, result.delivery_nanoseconds, after.devices - before.devices,
                after.timers - before.timers);
        } else {
            printf("work: failed %s\n", result.failure);
        }
        fflush(stdout);
    }
    return 0;
}

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "serve") == 0) return serve();
    if (count == 3 && strcmp(arguments[1], "peer") == 0) return serve_peer((uint16_t)atoi(arguments[2]));
    fprintf(stderr, "usage: rookery-work serve | peer PORT\n");
    return 2;
}
