/* The least that a warm start does: reads every session of a Redis, its value and its time to live, through hiredis.
 *
 *     scanner SOCKET DATABASE
 *
 * A page is asked for by SCAN, its values by MGET and its times by PTTL; the next page is asked for together with the
 * values of this one, so that Redis never waits for a round trip. Prints one line of JSON: sessions, bytes, seconds.
 */
#define _GNU_SOURCE

#include <hiredis/hiredis.h>

#include "clock.h"
#include "sessions.h"

enum { PAGE_SIZE = 1000 };

static redisContext *redis;

static redisReply *reply(int type)
{
    void *next;
    if (redisGetReply(redis, &next) != REDIS_OK || ((redisReply *)next)->type != type) {
        fprintf(stderr, "Redis: %s\n", redis->err ? redis->errstr : "an unexpected reply");
        exit(1);
    }
    return next;
}

static void ask_for_page(const char *cursor)
{
    redisAppendCommand(redis, "SCAN %s MATCH " KEY_PREFIX "* COUNT %d", cursor, PAGE_SIZE);
}

/* MGET with as many words as the page has keys, and a PTTL for each. */
static void ask_for_values(const redisReply *keys)
{
    static const char *words[1 + 16 * PAGE_SIZE];
    static size_t sizes[1 + 16 * PAGE_SIZE];
    if (keys->elements == 0 || keys->elements > 16 * PAGE_SIZE)
        return;
    words[0] = "MGET";
    sizes[0] = 4;
    for (size_t index = 0; index < keys->elements; index++) {
        words[index + 1] = keys->element[index]->str;
        sizes[index + 1] = (size_t)keys->element[index]->len;
    }
    redisAppendCommandArgv(redis, (int)keys->elements + 1, words, sizes);
    for (size_t index = 0; index < keys->elements; index++) {
        const char *question[] = {"PTTL", words[index + 1]};
        size_t question_sizes[] = {4, sizes[index + 1]};
        redisAppendCommandArgv(redis, 2, question, question_sizes);
    }
}

int main(int count, char **words)
{
    if (count != 3) {
        fprintf(stderr, "usage: scanner SOCKET DATABASE\n");
        return 2;
    }
    redis = redisConnectUnix(words[1]);
    if (!redis || redis->err)
        fail(words[1]);
    redisAppendCommand(redis, "SELECT %s", words[2]);
    freeReplyObject(reply(REDIS_REPLY_STATUS));

    long long began = now();
    size_t sessions = 0, bytes = 0;
    int is_last;
    ask_for_page("0");
    redisReply *page = reply(REDIS_REPLY_ARRAY);
    do {
        const redisReply *keys = page->element[1];
        is_last = strcmp(page->element[0]->str, "0") == 0;
        ask_for_values(keys);
        if (!is_last)
            ask_for_page(page->element[0]->str);
        if (keys->elements > 0) {
            redisReply *values = reply(REDIS_REPLY_ARRAY);
            for (size_t index = 0; index < values->elements; index++) {
                redisReply *time = reply(REDIS_REPLY_INTEGER);
                if (values->element[index]->type == REDIS_REPLY_STRING && time->integer != -2) {
                    sessions++;
                    bytes += (size_t)values->element[index]->len;
                }
                freeReplyObject(time);
            }
            freeReplyObject(values);
        }
        freeReplyObject(page);
        page = is_last ? NULL : reply(REDIS_REPLY_ARRAY);
    } while (!is_last);
    printf("{\"sessions\":%zu,\"bytes\":%zu,\"seconds\":%.6f}\n", sessions, bytes, (double)(now() - began) / 1e9);
    return 0;
}
