/* The command by which Django stores a session: SETEX of one of its values. */
#pragma once

#include "sessions.h"

enum { SET_COMMAND_SIZE_MAX = 1 << 17 };

/* Writes the command and returns its size. */
static inline size_t set_command(char *command, const struct session *session, const char *values, int which, long seconds)
{
    char time[24];
    unsigned size = session->value_sizes[which];
    const char *value = values + session->value_at + (which ? session->value_sizes[0] : 0);
    int time_size = sprintf(time, "%ld", seconds);
    size_t head = (size_t)sprintf(command, "*4\r\n$5\r\nSETEX\r\n$%zu\r\n" KEY_PREFIX "%.*s\r\n$%d\r\n%s\r\n$%u\r\n",
                                  sizeof KEY_PREFIX - 1 + KEY_SIZE, KEY_SIZE, session->key, time_size, time, size);
    memcpy(command + head, value, size);
    memcpy(command + head + size, "\r\n", 2);
    return head + size + 2;
}
