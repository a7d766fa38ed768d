/* The messages that Redis sends to a subscriber: arrays of bulk strings and integers. */
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ELEMENT_COUNT_MAX = 4 };

struct text {
    const char *bytes;
    size_t count;
};

static inline int is(struct text text, const char *word)
{
    return text.count == strlen(word) && memcmp(text.bytes, word, text.count) == 0;
}

/* Returns where the line behind `at` begins, or NULL where its end has not come yet. */
static inline const char *line_end(const char *at, const char *end)
{
    const char *feed = memchr(at, '\n', (size_t)(end - at));
    return feed ? feed + 1 : NULL;
}

/* Reads one message; returns what follows it, or NULL where it is not complete. */
static inline const char *message(const char *at, const char *end, struct text elements[ELEMENT_COUNT_MAX])
{
    const char *next = line_end(at, end);
    if (!next)
        return NULL;
    int count = atoi(at + 1);
    if (*at != '*' || count > ELEMENT_COUNT_MAX) {
        fprintf(stderr, "Redis sent: %.*s", (int)(next - at), at);
        exit(1);
    }
    for (int index = 0; index < count; index++) {
        at = next;
        if (!(next = line_end(at, end)))
            return NULL;
        elements[index] = (struct text){at + 1, (size_t)(next - at - 3)};
        if (*at == '$') {
            elements[index] = (struct text){next, strtoul(at + 1, NULL, 10)};
            if ((size_t)(end - next) < elements[index].count + 2)
                return NULL;
            next += elements[index].count + 2;
        }
    }
    return next;
}
