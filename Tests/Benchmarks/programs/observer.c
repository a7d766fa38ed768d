/* Logs one session after the other in and out, in Redis, and sees when a cache knows it.
 *
 *     observer REDIS sessiond|follower SOCKET SESSIONS VALUES FIRST SAMPLES
 *
 * From session FIRST on: it is stored by SETEX, and the cache is asked without pause until it knows of it; then it is
 * deleted by DEL, and the cache is asked until it knows of it no more. Each time ends when the first answer is here that
 * shows it, and begins before the command is sent. Both caches answer from memory: sessiond is asked for the sessions of
 * the user (`user.sessions`), the follower for the key. Prints one line of JSON: p50 and p99 in microseconds of both, of
 * one question, and of when the follower itself had heard of it.
 */
#define _GNU_SOURCE

#include "chance.h"
#include "clock.h"
#include "histogram.h"
#include "set_command.h"

enum { LIFE = 1 << 20, ANSWER_SIZE_MAX = 4096 };
static const long long PAUSE_MAX = 1000000, LATE = 10000000000LL;

static int redis, cache, is_sessiond;
static struct histogram applied[2], heard[2], questions;

static void expect(const char *reply)
{
    char text[16];
    size_t size = strlen(reply);
    if (recv(redis, text, size, MSG_WAITALL) != (ssize_t)size || memcmp(text, reply, size) != 0) {
        fprintf(stderr, "Redis answered by %.*s instead of %s", (int)size, text, reply);
        exit(1);
    }
}

static void wait_a_moment(void)
{
    struct timespec pause = {.tv_nsec = (long)below((uint32_t)PAUSE_MAX)};
    nanosleep(&pause, NULL);
}

/* Returns whether the cache has the session, and sets `since` to when it heard of it, where it tells that. */
static int has(const struct session *session, long long *since)
{
    char text[ANSWER_SIZE_MAX];
    size_t size;
    if (is_sessiond)
        size = (size_t)sprintf(text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"user.sessions\",\"params\":{\"user_id\":\"%.*s\"}}\n",
                               session->user_size, session->user);
    else
        size = (size_t)sprintf(text, "%.*s\n", KEY_SIZE, session->key);
    long long began = now();
    write_all(cache, text, size);
    size = 0;
    do {
        ssize_t got = read(cache, text + size, sizeof text - 1 - size);
        if (got <= 0)
            fail("the cache closed the connection");
        size += (size_t)got;
    } while (text[size - 1] != '\n');
    text[size] = 0;
    add(&questions, (uint64_t)(now() - began));
    if (!is_sessiond) {
        *since = atoll(text + 2);
        return text[0] == '1';
    }
    if (strstr(text, "\"sessions\":[]"))
        return 0;
    char expected[USER_SIZE_MAX + 16];
    sprintf(expected, "\"user_id\":\"%.*s\"", session->user_size, session->user);
    if (!strstr(text, expected)) {
        fprintf(stderr, "a wrong answer: %s", text);
        exit(1);
    }
    return 1;
}

static void send_and_see(const struct session *session, const char *command, size_t size, const char *reply, int is_there)
{
    long long since = 0, began = now();
    write_all(redis, command, size);
    while (has(session, &since) != is_there) {
        if (now() - began > LATE) {
            fprintf(stderr, "a change was not seen for 10 s: the cache does not keep up with the writes\n");
            exit(1);
        }
    }
    add(&applied[is_there], (uint64_t)(now() - began));
    add(&heard[is_there], (uint64_t)(since > began ? since - began : 0));
    expect(reply);
}

static void print(const char *name, const struct histogram *histogram)
{
    printf("\"%s\":{\"p50_us\":%.2f,\"p99_us\":%.2f}", name, percentile(histogram, 50), percentile(histogram, 99));
}

int main(int count, char **words)
{
    static char command[SET_COMMAND_SIZE_MAX];
    if (count != 8) {
        fprintf(stderr, "usage: observer REDIS sessiond|follower SOCKET SESSIONS VALUES FIRST SAMPLES\n");
        return 2;
    }
    is_sessiond = strcmp(words[2], "sessiond") == 0;
    unsigned first = (unsigned)atoi(words[6]), samples = (unsigned)atoi(words[7]);
    size_t size;
    const struct session *sessions = mapped_sessions(words[4], first + samples);
    const char *values = mapped(words[5], &size);
    redis = connected(words[1]);
    cache = connected(words[3]);
    for (const struct session *session = sessions + first; session < sessions + first + samples; session++) {
        long long since;
        if (has(session, &since)) {
            fprintf(stderr, "the cache has a session that was not stored yet\n");
            return 1;
        }
        wait_a_moment();
        send_and_see(session, command, set_command(command, session, values, 0, LIFE), "+OK\r\n", 1);
        wait_a_moment();
        int size = sprintf(command, "*2\r\n$3\r\nDEL\r\n$%zu\r\n" KEY_PREFIX "%.*s\r\n", sizeof KEY_PREFIX - 1 + KEY_SIZE,
                           KEY_SIZE, session->key);
        send_and_see(session, command, (size_t)size, ":1\r\n", 0);
    }
    printf("{");
    print("set", &applied[1]);
    printf(",");
    print("del", &applied[0]);
    printf(",");
    print("set_heard", &heard[1]);
    printf(",");
    print("del_heard", &heard[0]);
    printf(",");
    print("question", &questions);
    printf("}\n");
    return 0;
}
