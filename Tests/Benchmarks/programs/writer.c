/* Writes sessions to Redis as the requests of many visitors do: random ones, whose two values take turns.
 *
 *     writer REDIS SESSIONS VALUES COUNT RATE
 *     writer REDIS SESSIONS VALUES COUNT flood WRITES EXPIRIES
 *
 * Of the first COUNT sessions. With a RATE it writes so many a second, a few every millisecond, until it gets SIGTERM.
 * `flood` makes WRITES writes as fast as Redis takes them and its subscribers read them: while more than 4 MiB wait for a
 * subscriber, it waits, too, since Redis would close that subscription in the end. Each write of a flood has another time
 * to live; when each session ends at last, in seconds since 1970, is written to the file EXPIRIES (uint32_t; 0: not
 * written). Prints one line of JSON: writes, seconds, and in how many of these seconds the writer waited for subscribers.
 */
#define _GNU_SOURCE

#include <signal.h>

#include "chance.h"
#include "clock.h"
#include "set_command.h"

enum { BATCH = 100, BATCHES_PER_LOOK = 10, BACKLOG_MAX = 4 << 20, LIFE_MIN = 1 << 20, LIFE_RANGE = 1 << 20 };
static const long long TICK = 1000000, OVERDUE_MAX = 50000000;

static int redis;
static const struct session *sessions;
static const char *values;
static uint32_t session_count;
static uint32_t *expiries;
static uint8_t *versions;
static volatile sig_atomic_t is_over;

static void end(int number)
{
    (void)number;
    is_over = 1;
}

static void expect_ok(unsigned count)
{
    static const char OK[] = "+OK\r\n";
    size_t size = sizeof OK - 1;
    char replies[sizeof OK];
    while (count-- > 0) {
        if (recv(redis, replies, size, MSG_WAITALL) != (ssize_t)size || memcmp(replies, OK, size) != 0) {
            fprintf(stderr, "Redis answered a write by %.*s\n", (int)size, replies);
            exit(1);
        }
    }
}

static void write_sessions(unsigned count)
{
    static char commands[BATCH * 1024];
    size_t size = 0;
    time_t today = time(NULL);
    for (unsigned index = 0; index < count; index++) {
        uint32_t number = below(session_count);
        long life = LIFE_MIN + below(LIFE_RANGE);
        versions[number] = !versions[number] && sessions[number].value_sizes[1] > 0;
        size += set_command(commands + size, &sessions[number], values, versions[number], life);
        expiries[number] = (uint32_t)(today + life);
    }
    write_all(redis, commands, size);
    expect_ok(count);
}

/* Returns how many bytes wait for the subscriber that is furthest behind. */
static long backlog(int connection)
{
    static const char QUESTION[] = "*4\r\n$6\r\nCLIENT\r\n$4\r\nLIST\r\n$4\r\nTYPE\r\n$6\r\nPUBSUB\r\n";
    static char list[1 << 16];
    write_all(connection, QUESTION, sizeof QUESTION - 1);
    size_t held = 0, whole = 0;
    while (whole == 0 || held < whole) {
        ssize_t got = read(connection, list + held, sizeof list - 1 - held);
        if (got <= 0)
            fail("CLIENT LIST");
        list[held += (size_t)got] = 0;
        const char *feed = strchr(list, '\n');
        if (feed)
            whole = (size_t)(feed + 1 - list) + strtoul(list + 1, NULL, 10) + 2;
        if (list[0] != '$' || whole >= sizeof list) {
            fprintf(stderr, "Redis answered CLIENT LIST by %.100s\n", list);
            exit(1);
        }
    }
    long most = 0;
    for (const char *at = list; (at = strstr(at, " omem=")) != NULL; at++)
        most = atol(at + 6) > most ? atol(at + 6) : most;
    return most;
}

static uint64_t write_evenly(double rate)
{
    uint64_t written = 0;
    double due = 0;
    long long last = now();
    while (!is_over) {
        long long time = now();
        due += (double)(time - last < OVERDUE_MAX ? time - last : OVERDUE_MAX) * rate / 1e9;
        last = time;
        for (unsigned count; due >= 1; due -= count, written += count)
            write_sessions(count = due < BATCH ? (unsigned)due : BATCH);
        struct timespec pause = {.tv_nsec = TICK - (now() - time) % TICK};
        nanosleep(&pause, NULL);
    }
    return written;
}

/* Returns for how many nanoseconds it waited. */
static long long write_fast(uint64_t count, const char *path)
{
    int control = connected(path);
    long long waited = 0;
    for (uint64_t batch = 0; batch * BATCH < count && !is_over; batch++) {
        write_sessions(BATCH);
        if (batch % BATCHES_PER_LOOK != 0)
            continue;
        long long began = now();
        struct timespec pause = {.tv_nsec = TICK};
        while (backlog(control) > BACKLOG_MAX && !is_over) {
            nanosleep(&pause, NULL);
            waited += now() - began;
            began = now();
        }
    }
    return waited;
}

int main(int count, char **words)
{
    int floods = count == 8 && strcmp(words[5], "flood") == 0;
    if (count != 6 && !floods) {
        fprintf(stderr, "usage: writer REDIS SESSIONS VALUES COUNT RATE | flood WRITES EXPIRIES\n");
        return 2;
    }
    size_t size;
    session_count = (uint32_t)atoi(words[4]);
    sessions = mapped_sessions(words[2], session_count);
    values = mapped(words[3], &size);
    expiries = calloc(session_count, sizeof *expiries);
    versions = calloc(session_count, 1);
    if (!expiries || !versions)
        fail("memory");
    redis = connected(words[1]);
    /* Reads go on after the signal, pauses end. */
    struct sigaction action = {.sa_handler = end, .sa_flags = SA_RESTART};
    sigaction(SIGTERM, &action, NULL);

    long long began = now(), waited = 0;
    uint64_t written = floods ? strtoull(words[6], NULL, 10) : 0;
    if (floods)
        waited = write_fast(written, words[1]);
    else
        written = write_evenly(atof(words[5]));
    double seconds = (double)(now() - began) / 1e9;
    if (floods) {
        FILE *file = fopen(words[7], "w");
        if (!file || fwrite(expiries, sizeof *expiries, session_count, file) != session_count || fclose(file) != 0)
            fail(words[7]);
    }
    printf("{\"writes\":%llu,\"seconds\":%.6f,\"waited\":%.6f}\n", (unsigned long long)written, seconds, (double)waited / 1e9);
    return 0;
}
