/* The least that a cache of sessions does: hears of changes by PSUBSCRIBE, and where it is told to, reads what was
 * written by GET. It answers whether a session is there, as sessiond is asked.
 *
 *     follower SOCKET REDIS hear|get
 *
 * A line that comes on SOCKET is a session key, and is answered by a line: 1 or 0, is it there, and when that was heard
 * (CLOCK_MONOTONIC in nanoseconds). Of one key at a time is known what became of it since it was first asked about; of
 * the others nothing is kept. Prints `ready`, and ends when it is killed.
 */
#define _GNU_SOURCE

#include <sys/epoll.h>

#include "clock.h"
#include "push_message.h"
#include "sessions.h"

#define PATTERN "__keyspace@0__:" KEY_PREFIX "*"

enum { INPUT_SIZE = 1 << 20, EVENTS_MAX = 64 };

static int hearing, getting, gets_values;
static char heard[INPUT_SIZE], values[INPUT_SIZE];
static size_t heard_size, values_size;
/* Bytes of a value that have not come yet. */
static size_t missing;
static uint64_t gets, replies;

static struct {
    char key[KEY_SIZE];
    int is_there;
    long long since;
    /* Which GET reads it; 0 for none. */
    uint64_t get;
} watched;

static void watch(int poll, int descriptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) != 0)
        fail("epoll_ctl");
}

static void set_watched(int is_there)
{
    watched.is_there = is_there;
    watched.since = now();
}

/* Takes a message; returns how many bytes of a command follow from it. */
static size_t take(const struct text elements[ELEMENT_COUNT_MAX], char *command)
{
    if (!is(elements[0], "pmessage") || elements[2].count < KEY_SIZE)
        return 0;
    const char *key = elements[2].bytes + elements[2].count - KEY_SIZE;
    int is_watched = memcmp(key, watched.key, KEY_SIZE) == 0;
    if (is(elements[3], "set")) {
        if (gets_values) {
            gets++;
            if (is_watched)
                watched.get = gets;
            return (size_t)sprintf(command, "*2\r\n$3\r\nGET\r\n$%zu\r\n" KEY_PREFIX "%.*s\r\n",
                                   sizeof KEY_PREFIX - 1 + KEY_SIZE, KEY_SIZE, key);
        }
        if (is_watched)
            set_watched(1);
    } else if (is_watched && is(elements[3], "del")) {
        set_watched(0);
    }
    return 0;
}

static void hear(void)
{
    static char commands[INPUT_SIZE * 2];
    ssize_t got = read(hearing, heard + heard_size, sizeof heard - heard_size);
    if (got <= 0)
        fail("the subscription was closed");
    const char *at = heard, *end = heard + heard_size + got, *next;
    struct text elements[ELEMENT_COUNT_MAX] = {0};
    size_t size = 0;
    for (; at < end && (next = message(at, end, elements)); at = next)
        size += take(elements, commands + size);
    heard_size = (size_t)(end - at);
    memmove(heard, at, heard_size);
    if (size > 0)
        write_all(getting, commands, size);
}

/* Takes the replies to GET: of a value its size is looked at, and whether it is there. */
static void take_values(void)
{
    ssize_t got = read(getting, values + values_size, sizeof values - values_size);
    if (got <= 0)
        fail("the connection for GET was closed");
    const char *at = values, *end = values + values_size + got;
    for (;;) {
        size_t skipped = missing < (size_t)(end - at) ? missing : (size_t)(end - at);
        at += skipped;
        missing -= skipped;
        const char *next = missing == 0 && at < end ? line_end(at, end) : NULL;
        if (!next)
            break;
        long size = atol(at + 1);
        if (*at != '$') {
            fprintf(stderr, "Redis answered GET by %.*s", (int)(next - at), at);
            exit(1);
        }
        at = next;
        missing = size >= 0 ? (size_t)size + 2 : 0;
        if (++replies == watched.get)
            set_watched(size >= 0);
    }
    values_size = (size_t)(end - at);
    memmove(values, at, values_size);
}

static void answer(int connection)
{
    char line[KEY_SIZE + 1], text[32];
    ssize_t got = recv(connection, line, sizeof line, MSG_WAITALL);
    if (got <= 0) {
        close(connection);
        return;
    }
    if (got != sizeof line || line[KEY_SIZE] != '\n')
        fail("no session key");
    if (memcmp(line, watched.key, KEY_SIZE) != 0) {
        memcpy(watched.key, line, KEY_SIZE);
        watched.is_there = 0;
        watched.get = 0;
    }
    write_all(connection, text, (size_t)sprintf(text, "%d %lld\n", watched.is_there, watched.since));
}

int main(int count, char **words)
{
    if (count != 4) {
        fprintf(stderr, "usage: follower SOCKET REDIS hear|get\n");
        return 2;
    }
    gets_values = strcmp(words[3], "get") == 0;
    int listener = listening(words[1]), poll = epoll_create1(EPOLL_CLOEXEC);
    hearing = connected(words[2]);
    getting = connected(words[2]);
    dprintf(hearing, "*2\r\n$10\r\nPSUBSCRIBE\r\n$%zu\r\n%s\r\n", sizeof PATTERN - 1, PATTERN);
    hear();
    watch(poll, listener);
    watch(poll, hearing);
    watch(poll, getting);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        int ready = epoll_wait(poll, events, EVENTS_MAX, -1);
        for (int index = 0; index < ready; index++) {
            int descriptor = events[index].data.fd;
            if (descriptor == hearing)
                hear();
            else if (descriptor == getting)
                take_values();
            else if (descriptor == listener)
                watch(poll, accept4(listener, NULL, NULL, SOCK_CLOEXEC));
            else
                answer(descriptor);
        }
    }
}
