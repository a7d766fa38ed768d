/* Unix stream sockets that connect, listen and write all, or end the program with a word about why. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static inline void fail(const char *what)
{
    perror(what);
    exit(1);
}

static inline struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "too long for a socket: %s\n", path);
        exit(2);
    }
    strcpy(address.sun_path, path);
    return address;
}

/* Blocks while the queue of those that are to be accepted is full. */
static inline int connected(const char *path)
{
    struct sockaddr_un address = address_of(path);
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0)
        fail(path);
    return connection;
}

static inline int listening(const char *path)
{
    struct sockaddr_un address = address_of(path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1024) != 0)
        fail(path);
    return listener;
}

static inline void write_all(int connection, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(connection, bytes, count);
        if (written <= 0)
            fail("write");
        bytes += written;
        count -= (size_t)written;
    }
}
