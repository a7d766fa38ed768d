/* How the load generator asks and how it checks an answer, for each kind of server. */
#pragma once

#include "fixed_answer.h"
#include "sessions.h"

/* Digits of the id of a request: a number that grows, then the place of the question among those in flight. */
enum { ID_SIZE = 8, PLACE_SIZE = 4, REQUEST_SIZE_MAX = 160 };

/* A question that waits for its answer. */
struct question {
    const struct session *session;
    long long sent;
    char id[ID_SIZE];
    uint16_t turn;
    /* Whether the key was invented, so that nobody is behind it. */
    uint8_t is_invented;
};

/* What has come on a connection and was not looked at; `end` is the end of what has come. */
struct answer {
    const char *at, *end;
};

enum verdict { RIGHT, WRONG, INCOMPLETE };

struct protocol {
    const char *name;
    /* Whether answers tell their question by their id; else they come in the order of the questions. */
    int has_ids;
    /* Writes the request for a key and returns its size. */
    size_t (*ask)(char *request, const struct question *question, const char *key);
    /* Looks at the answer that begins at `answer->at`, which it moves behind it where it is RIGHT. */
    enum verdict (*check)(struct answer *answer, const struct question *question);
};

#define COPY(at, text) (memcpy(at, text, sizeof(text) - 1), (at) + sizeof(text) - 1)
#define BEGINS(at, end, text) ((size_t)((end) - (at)) >= sizeof(text) - 1 && memcmp(at, text, sizeof(text) - 1) == 0)

#define ANSWER_HEAD "{\"jsonrpc\":\"2.0\",\"id\":"
#define SOMEBODY ",\"result\":{\"authenticated\":true,\"user_id\":\""
#define BACKEND "\",\"backend\":\"django.contrib.auth.backends.ModelBackend\",\"session\":\""
#define NOBODY ",\"result\":{\"authenticated\":false,\"reason\":\"unknown\"}}\n"
/* Behind the user: the rest of the name of the backend, a fingerprint and a time. */
enum { SOMEBODY_REST_SIZE = sizeof BACKEND - 1 + 32 + sizeof "\",\"expires_at\":\"2026-12-07T09:30:00Z\"}}" };

static inline size_t ask_by(const char *method, size_t size, char *request, const struct question *question, const char *key)
{
    char *at = COPY(request, "{\"jsonrpc\":\"2.0\",\"id\":");
    at = (char *)memcpy(at, question->id, ID_SIZE) + ID_SIZE;
    at = COPY(at, ",\"method\":\"");
    at = (char *)memcpy(at, method, size) + size;
    at = COPY(at, "\",\"params\":{\"session_key\":\"");
    at = (char *)memcpy(at, key, KEY_SIZE) + KEY_SIZE;
    return (size_t)(COPY(at, "\"}}\n") - request);
}

static size_t ask_identity(char *request, const struct question *question, const char *key)
{
    return ask_by("session.identity", sizeof "session.identity" - 1, request, question, key);
}

static size_t ask_get(char *request, const struct question *question, const char *key)
{
    return ask_by("session.get", sizeof "session.get" - 1, request, question, key);
}

static size_t ask_redis(char *request, const struct question *question, const char *key)
{
    (void)question;
    char *at = COPY(request, "*2\r\n$3\r\nGET\r\n$48\r\n" KEY_PREFIX);
    at = (char *)memcpy(at, key, KEY_SIZE) + KEY_SIZE;
    return (size_t)(COPY(at, "\r\n") - request);
}

/* Checks the id and the user, and returns what follows the user; NULL where either is wrong. */
static inline const char *behind_user(const char *at, const char *end, const struct question *question)
{
    const size_t head = sizeof ANSWER_HEAD - 1, user = question->session->user_size;
    if ((size_t)(end - at) < head + ID_SIZE + sizeof SOMEBODY - 1 + user)
        return NULL;
    int is_wrong = memcmp(at, ANSWER_HEAD, head) | memcmp(at + head, question->id, ID_SIZE)
        | memcmp(at + head + ID_SIZE, SOMEBODY, sizeof SOMEBODY - 1);
    at += head + ID_SIZE + sizeof SOMEBODY - 1;
    return is_wrong || memcmp(at, question->session->user, user) != 0 ? NULL : at + user;
}

static inline enum verdict check_nobody(struct answer *answer, const struct question *question)
{
    const size_t head = sizeof ANSWER_HEAD - 1, size = head + ID_SIZE + sizeof NOBODY - 1;
    if ((size_t)(answer->end - answer->at) < size)
        return memchr(answer->at, '\n', (size_t)(answer->end - answer->at)) ? WRONG : INCOMPLETE;
    if (memcmp(answer->at, ANSWER_HEAD, head) || memcmp(answer->at + head, question->id, ID_SIZE)
        || memcmp(answer->at + head + ID_SIZE, NOBODY, sizeof NOBODY - 1))
        return WRONG;
    answer->at += size;
    return RIGHT;
}

static enum verdict check_identity(struct answer *answer, const struct question *question)
{
    if (question->is_invented)
        return check_nobody(answer, question);
    const char *rest = behind_user(answer->at, answer->end, question);
    if (rest && (size_t)(answer->end - rest) >= SOMEBODY_REST_SIZE && rest[SOMEBODY_REST_SIZE - 1] == '\n') {
        answer->at = rest + SOMEBODY_REST_SIZE;
        return memcmp(rest, BACKEND, sizeof BACKEND - 1) == 0 ? RIGHT : WRONG;
    }
    /* Incomplete, or with more members than usual. */
    const char *feed = memchr(answer->at, '\n', (size_t)(answer->end - answer->at));
    if (!feed)
        return INCOMPLETE;
    if (!rest || !BEGINS(rest, feed, BACKEND))
        return WRONG;
    answer->at = feed + 1;
    return RIGHT;
}

static enum verdict check_get(struct answer *answer, const struct question *question)
{
    const char *feed = memchr(answer->at, '\n', (size_t)(answer->end - answer->at));
    if (!feed)
        return INCOMPLETE;
    const char *rest = behind_user(answer->at, feed, question);
    if (!rest || !BEGINS(rest, feed, BACKEND) || !memmem(rest, (size_t)(feed - rest), "\"found\":true,\"data\":{\"", 22))
        return WRONG;
    answer->at = feed + 1;
    return RIGHT;
}

/* Either value of the session is right: known by its size and the end of its signature. */
static enum verdict check_redis(struct answer *answer, const struct question *question)
{
    size_t held = (size_t)(answer->end - answer->at), size = 0;
    if (question->is_invented) {
        if (held < sizeof "$-1\r\n" - 1)
            return INCOMPLETE;
        answer->at += sizeof "$-1\r\n" - 1;
        return memcmp(answer->at - 5, "$-1\r\n", 5) == 0 ? RIGHT : WRONG;
    }
    const char *at = answer->at, *feed = memchr(at, '\n', held < 16 ? held : 16);
    if (!feed)
        return held < 16 ? INCOMPLETE : WRONG;
    if (*at != '$')
        return WRONG;
    for (at++; *at >= '0' && *at <= '9'; at++)
        size = size * 10 + (size_t)(*at - '0');
    int which = size == question->session->value_sizes[0] ? 0 : 1;
    if (size != question->session->value_sizes[which] || size == 0)
        return WRONG;
    if ((size_t)(answer->end - feed) < size + 3)
        return INCOMPLETE;
    const char *tail = feed + 1 + size - TAIL_SIZE;
    if (memcmp(tail, question->session->tails[which], TAIL_SIZE) != 0
        && memcmp(tail, question->session->tails[1 - which], TAIL_SIZE) != 0)
        return WRONG;
    answer->at = feed + size + 3;
    return RIGHT;
}

static enum verdict check_fixed(struct answer *answer, const struct question *question)
{
    (void)question;
    if (answer->end - answer->at < FIXED_ANSWER_SIZE)
        return INCOMPLETE;
    if (memcmp(answer->at, FIXED_ANSWER, FIXED_ANSWER_SIZE) != 0)
        return WRONG;
    answer->at += FIXED_ANSWER_SIZE;
    return RIGHT;
}

static const struct protocol PROTOCOLS[] = {
    {"identity", 1, ask_identity, check_identity},
    {"get", 1, ask_get, check_get},
    {"redis", 0, ask_redis, check_redis},
    {"fixed", 0, ask_identity, check_fixed},
};
