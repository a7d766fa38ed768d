/* Subscribers of sessiond's events that only read.
 *
 *     listener SOCKET COUNT [SESSIONS]
 *
 * Opens COUNT connections that subscribe to everything, and reads them. Of the first one, the time (CLOCK_MONOTONIC, in
 * nanoseconds) and the id of every logout are kept, and printed when SESSIONS of them have come. Prints `ready` before.
 */
#define _GNU_SOURCE

#include <sys/epoll.h>

#include "clock.h"
#include "unix_socket.h"

static const char SUBSCRIBE[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.subscribe\"}\n";
static const char LOGOUT[] = "\"type\":\"dev.sessiond.logout\"";
static const char SUBJECT[] = "\"subject\":\"";

static char buffer[1 << 20];
static size_t held;

static int subscribed(const char *path)
{
    int connection = connected(path);
    write_all(connection, SUBSCRIBE, sizeof SUBSCRIBE - 1);
    return connection;
}

/* Prints the logouts among the lines that have come whole. */
static long take(long long time)
{
    long count = 0;
    char *at = buffer, *end;
    while ((end = memchr(at, '\n', buffer + held - at)) != NULL) {
        char *subject = memmem(at, end - at, SUBJECT, sizeof SUBJECT - 1);
        if (subject && memmem(at, end - at, LOGOUT, sizeof LOGOUT - 1)) {
            printf("%lld %.32s\n", time, subject + sizeof SUBJECT - 1);
            count++;
        }
        at = end + 1;
    }
    held -= at - buffer;
    memmove(buffer, at, held);
    return count;
}

int main(int count, char **arguments)
{
    if (count < 3) return 2;
    int connections = atoi(arguments[2]);
    long missing = count > 3 ? atol(arguments[3]) : -1;
    static char sink[1 << 18];
    int poll = epoll_create1(0);
    for (int index = 0; index < connections; index++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = subscribed(arguments[1])};
        if (index == 0) event.data.fd = -event.data.fd;
        if (epoll_ctl(poll, EPOLL_CTL_ADD, abs(event.data.fd), &event) != 0) fail("epoll_ctl");
    }
    setvbuf(stdout, NULL, _IOFBF, 1 << 24);
    printf("ready\n");
    fflush(stdout);
    while (missing != 0) {
        struct epoll_event events[64];
        int ready = epoll_wait(poll, events, 64, -1);
        for (int index = 0; index < ready; index++) {
            int descriptor = events[index].data.fd;
            if (descriptor > 0) {
                if (read(descriptor, sink, sizeof sink) <= 0) return 1;
                continue;
            }
            ssize_t got = read(-descriptor, buffer + held, sizeof buffer - held);
            if (got <= 0) return 1;
            held += got;
            long taken = take(now());
            if (missing > 0) missing = taken < missing ? missing - taken : 0;
        }
    }
    fflush(stdout);
    return 0;
}
