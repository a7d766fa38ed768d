/* The least that anybody who follows Redis does: subscribes to a pattern and reads what comes.
 *
 *     subscriber SOCKET PATTERN
 *
 * Prints a line when it is subscribed, and one for every `del`: CLOCK_MONOTONIC in nanoseconds, taken when the read that
 * brought the message returned, and the channel. Ends with the connection.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { ELEMENT_COUNT_MAX = 4 };

struct text {
    const char *bytes;
    size_t count;
};

static char buffer[1 << 20];

static int is(struct text text, const char *word)
{
    return text.count == strlen(word) && memcmp(text.bytes, word, text.count) == 0;
}

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Returns where the line behind `at` begins, or NULL where its end has not come yet. */
static const char *line_end(const char *at, const char *end)
{
    const char *feed = memchr(at, '\n', (size_t)(end - at));
    return feed ? feed + 1 : NULL;
}

/* Reads one array of bulk strings and integers; returns what follows it, or NULL where it is not complete. */
static const char *message(const char *at, const char *end, struct text elements[ELEMENT_COUNT_MAX])
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

int main(int count, char **words)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (count != 3 || strlen(words[1]) >= sizeof address.sun_path) {
        fprintf(stderr, "usage: subscriber SOCKET PATTERN\n");
        return 2;
    }
    strcpy(address.sun_path, words[1]);
    int connection = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) < 0) {
        perror(words[1]);
        return 1;
    }
    dprintf(connection, "*2\r\n$10\r\nPSUBSCRIBE\r\n$%zu\r\n%s\r\n", strlen(words[2]), words[2]);

    size_t held = 0;
    ssize_t got;
    while ((got = read(connection, buffer + held, sizeof buffer - held)) > 0) {
        long long arrived = now();
        const char *at = buffer, *end = buffer + held + got, *next;
        struct text elements[ELEMENT_COUNT_MAX] = {0};
        for (; at < end && (next = message(at, end, elements)); at = next) {
            if (is(elements[0], "psubscribe"))
                dprintf(STDOUT_FILENO, "subscribed\n");
            else if (is(elements[3], "del"))
                dprintf(STDOUT_FILENO, "%lld %.*s\n", arrived, (int)elements[2].count, elements[2].bytes);
        }
        held = (size_t)(end - at);
        memmove(buffer, at, held);
    }
    return 0;
}
