/* The least that a server on a Unix socket can do: it answers every line by the same line, whatever it says.
 *
 *     fixed_server SOCKET
 *
 * One thread, one epoll; all the lines of one read are answered by one write. Prints `ready`, and ends when it is killed.
 */
#define _GNU_SOURCE

#include <sys/epoll.h>

#include "fixed_answer.h"
#include "unix_socket.h"

enum { READ_SIZE = 1 << 16, EVENTS_MAX = 64 };

static char input[READ_SIZE];
/* Room for the answers to one read, of which every byte might be a line. */
static char output[(size_t)READ_SIZE * FIXED_ANSWER_SIZE];

static void watch(int poll, int descriptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) != 0)
        fail("epoll_ctl");
}

static void answer(int connection)
{
    ssize_t got = read(connection, input, sizeof input);
    if (got <= 0) {
        close(connection);
        return;
    }
    size_t size = 0;
    const char *end = input + got;
    for (const char *at = input; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++) {
        memcpy(output + size, FIXED_ANSWER, FIXED_ANSWER_SIZE);
        size += FIXED_ANSWER_SIZE;
    }
    write_all(connection, output, size);
}

int main(int count, char **words)
{
    if (count != 2) {
        fprintf(stderr, "usage: fixed_server SOCKET\n");
        return 2;
    }
    int listener = listening(words[1]), poll = epoll_create1(EPOLL_CLOEXEC);
    watch(poll, listener);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        int ready = epoll_wait(poll, events, EVENTS_MAX, -1);
        for (int index = 0; index < ready; index++) {
            if (events[index].data.fd == listener)
                watch(poll, accept4(listener, NULL, NULL, SOCK_CLOEXEC));
            else
                answer(events[index].data.fd);
        }
    }
}
