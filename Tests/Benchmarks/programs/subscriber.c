/* The least that anybody who follows Redis does: subscribes to a pattern and reads what comes.
 *
 *     subscriber SOCKET PATTERN
 *
 * Prints a line when it is subscribed, and one for every `del`: CLOCK_MONOTONIC in nanoseconds, taken when the read that
 * brought the message returned, and the channel. Ends with the connection.
 */
#define _GNU_SOURCE

#include "clock.h"
#include "push_message.h"
#include "unix_socket.h"

static char buffer[1 << 20];

int main(int count, char **words)
{
    if (count != 3) {
        fprintf(stderr, "usage: subscriber SOCKET PATTERN\n");
        return 2;
    }
    int connection = connected(words[1]);
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
