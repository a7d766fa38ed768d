/* The load generator: looks up random sessions on many connections, some in flight on each, and checks every answer.
 *
 *     load PROTOCOL SOCKET SESSIONS FIRST COUNT CONNECTIONS IN_FLIGHT SECONDS LOOKUPS [INVENTED]
 *
 * PROTOCOL     identity or get (sessiond), redis (GET), fixed (the fixed-answer server)
 * SESSIONS     a file of records (sessions.h), of which COUNT are used from FIRST on
 * SECONDS      for how long questions are asked, or LOOKUPS, how many; 0 for the one that does not hold
 * INVENTED     how many of a hundred keys are invented, so that nobody is behind them
 *
 * Prints one line of JSON: lookups, seconds, lookups a second, and percentiles of the time from before a question is
 * written until the read that brought its answer has returned, in microseconds. The first wrong answer ends it with
 * status 1 and both sides in words. As soon as answers have come, as many questions are asked in one write.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <sys/epoll.h>

#include "chance.h"
#include "clock.h"
#include "histogram.h"
#include "protocol.h"

enum { INPUT_SIZE = 1 << 20, AHEAD = 32, EVENTS_MAX = 64, IN_FLIGHT_MAX = 1000 };

struct connection {
    int descriptor;
    unsigned first;
    size_t held;
    char *input;
    struct question *questions;
};

static const struct protocol *protocol;
static const struct session *sessions;
static uint32_t session_count, invented_percent;
static unsigned in_flight;
static char *output;
static struct histogram times;
static uint64_t asked, lookups_max = UINT64_MAX;
static int is_over;

/* Returns a random session that was chosen some questions ago, so that it has come from memory since. */
static const struct session *next_session(void)
{
    static const struct session *chosen[AHEAD];
    static unsigned turn;
    const struct session **place = &chosen[turn++ % AHEAD], *next = *place ? *place : &sessions[below(session_count)];
    *place = &sessions[below(session_count)];
    __builtin_prefetch(*place);
    __builtin_prefetch((const char *)*place + 64);
    return next;
}

static void write_digits(char *at, unsigned count, unsigned number)
{
    while (count-- > 0) {
        at[count] = (char)('0' + number % 10);
        number /= 10;
    }
}

/* Writes one request and returns its size. */
static size_t ask(char *request, struct question *question, long long time)
{
    char invented[KEY_SIZE];
    const char *key = (question->session = next_session())->key;
    if ((question->is_invented = invented_percent > 0 && below(100) < invented_percent)) {
        for (unsigned index = 0; index < KEY_SIZE; index++)
            invented[index] = "abcdefghijklmnopqrstuvwxyz012345"[below(32)];
        key = invented;
    }
    question->sent = time;
    if (protocol->has_ids) {
        question->turn = question->turn < 9999 ? question->turn + 1 : 1000;
        write_digits(question->id, ID_SIZE - PLACE_SIZE, question->turn);
    }
    asked++;
    return protocol->ask(request, question, key);
}

static void tell_wrong(const struct answer *answer, const struct question *question)
{
    const char *feed = memchr(answer->at, '\n', (size_t)(answer->end - answer->at));
    int size = (int)((feed ? feed : answer->end) - answer->at);
    fprintf(stderr, "a wrong answer (%s): %.*s\n", protocol->name, size < 600 ? size : 600, answer->at);
    if (question)
        fprintf(stderr, "expected: id %.*s, %s %.*s, a value of %u bytes\n", ID_SIZE, question->id,
                question->is_invented ? "nobody, instead of" : "user", question->session->user_size,
                question->session->user, question->session->value_sizes[0]);
    exit(1);
}

/* Returns the question that an answer belongs to; NULL where it is none of ours. */
static struct question *question_of(const struct connection *connection, const struct answer *answer)
{
    if (!protocol->has_ids)
        return &connection->questions[connection->first];
    unsigned place = 0;
    const char *digits = answer->at + sizeof ANSWER_HEAD - 1 + ID_SIZE - PLACE_SIZE;
    for (unsigned index = 0; index < PLACE_SIZE; index++)
        place = place * 10 + (unsigned)(digits[index] - '0');
    return place < in_flight ? &connection->questions[place] : NULL;
}

/* Takes the answers of one read and asks as many questions anew. */
static void serve(struct connection *connection)
{
    ssize_t got = recv(connection->descriptor, connection->input + connection->held, INPUT_SIZE - connection->held,
                       MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        fprintf(stderr, "the server closed a connection\n");
        exit(1);
    }
    long long time = now();
    size_t size = 0;
    struct answer answer = {connection->input, connection->input + connection->held + got};
    while (answer.end - answer.at > (ssize_t)(protocol->has_ids ? sizeof ANSWER_HEAD - 1 + ID_SIZE : 4)) {
        struct question *question = question_of(connection, &answer);
        if (question && !question->session)
            question = NULL;
        enum verdict verdict = question ? protocol->check(&answer, question) : WRONG;
        if (verdict == INCOMPLETE)
            break;
        if (verdict == WRONG)
            tell_wrong(&answer, question);
        add(&times, (uint64_t)(time - question->sent));
        question->session = NULL;
        if (!protocol->has_ids)
            connection->first = (connection->first + 1) % in_flight;
        if (!is_over && asked < lookups_max)
            size += ask(output + size, question, time);
    }
    connection->held = (size_t)(answer.end - answer.at);
    memmove(connection->input, answer.at, connection->held);
    write_all(connection->descriptor, output, size);
}

static void open_all(struct connection *connections, unsigned count, const char *path, int poll)
{
    for (unsigned index = 0; index < count; index++) {
        struct connection *connection = &connections[index];
        *connection = (struct connection){
            .descriptor = connected(path),
            .input = mmap(NULL, INPUT_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            .questions = calloc(in_flight, sizeof(struct question)),
        };
        if (connection->input == MAP_FAILED || !connection->questions)
            fail("memory");
        for (unsigned place = 0; place < in_flight; place++) {
            write_digits(connection->questions[place].id + ID_SIZE - PLACE_SIZE, PLACE_SIZE, place);
            connection->questions[place].turn = 1000;
        }
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, connection->descriptor, &event) != 0)
            fail("epoll_ctl");
    }
}

int main(int count, char **words)
{
    if (count < 10 || count > 11) {
        fprintf(stderr, "usage: load PROTOCOL SOCKET SESSIONS FIRST COUNT CONNECTIONS IN_FLIGHT SECONDS LOOKUPS [INVENTED]\n");
        return 2;
    }
    for (size_t index = 0; index < sizeof PROTOCOLS / sizeof *PROTOCOLS; index++)
        if (strcmp(PROTOCOLS[index].name, words[1]) == 0)
            protocol = &PROTOCOLS[index];
    unsigned first = (unsigned)atoi(words[4]), connection_count = (unsigned)atoi(words[6]);
    session_count = (uint32_t)atoi(words[5]);
    in_flight = (unsigned)atoi(words[7]);
    if (atoll(words[9]) > 0)
        lookups_max = (uint64_t)atoll(words[9]);
    invented_percent = count > 10 ? (uint32_t)atoi(words[10]) : 0;
    if (!protocol || connection_count == 0 || in_flight == 0 || in_flight > IN_FLIGHT_MAX) {
        fprintf(stderr, "no such protocol, or not 1 to %d in flight\n", IN_FLIGHT_MAX);
        return 2;
    }
    sessions = mapped_sessions(words[3], first + session_count) + first;
    output = malloc((size_t)in_flight * REQUEST_SIZE_MAX);
    struct connection *connections = calloc(connection_count, sizeof *connections);
    if (!output || !connections)
        fail("memory");
    int poll = epoll_create1(EPOLL_CLOEXEC);
    open_all(connections, connection_count, words[2], poll);

    long long began = now(), end = atof(words[8]) > 0 ? began + (long long)(atof(words[8]) * 1e9) : INT64_MAX;
    for (unsigned index = 0; index < connection_count; index++) {
        size_t size = 0;
        for (unsigned place = 0; place < in_flight && asked < lookups_max; place++)
            size += ask(output + size, &connections[index].questions[place], now());
        write_all(connections[index].descriptor, output, size);
    }
    while (times.count < asked) {
        struct epoll_event events[EVENTS_MAX];
        int ready = epoll_wait(poll, events, EVENTS_MAX, 10000);
        if (ready == 0) {
            fprintf(stderr, "no answer for 10 s\n");
            return 1;
        }
        is_over = is_over || now() >= end;
        for (int index = 0; index < ready; index++)
            serve(events[index].data.ptr);
    }
    double seconds = (double)(now() - began) / 1e9;
    printf("{\"lookups\":%llu,\"seconds\":%.6f,\"per_second\":%.1f,\"p50_us\":%.2f,\"p99_us\":%.2f,\"p999_us\":%.2f,\"errors\":0}\n",
           (unsigned long long)times.count, seconds, (double)times.count / seconds, percentile(&times, 50),
           percentile(&times, 99), percentile(&times, 99.9));
    return 0;
}
