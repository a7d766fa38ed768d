/* The sessions of a data set, as `dataset.py` writes them: a file of records of one size, mapped into memory, and a file
 * of the values that Django wrote, end to end. */
#pragma once

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "unix_socket.h"

#define KEY_PREFIX "django_sessions:"

enum { KEY_SIZE = 32, USER_SIZE_MAX = 40, TAIL_SIZE = 8 };

/* Two cache lines. A session may have a second value, of a later visit, which lies behind the first. */
struct session {
    char key[KEY_SIZE];
    char user[USER_SIZE_MAX];
    /* The last bytes of each value, which are of its signature: no two values share them. */
    char tails[2][TAIL_SIZE];
    uint64_t value_at;
    uint16_t value_sizes[2];
    uint8_t user_size;
    char unused[27];
};

_Static_assert(sizeof(struct session) == 128, "dataset.py writes records of 128 bytes");

static inline const void *mapped(const char *path, size_t *size)
{
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &about) != 0)
        fail(path);
    const void *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    if (bytes == MAP_FAILED)
        fail(path);
    close(file);
    *size = (size_t)about.st_size;
    return bytes;
}

/* Maps the records, of which there must be at least `end`. */
static inline const struct session *mapped_sessions(const char *path, size_t end)
{
    size_t size;
    const struct session *sessions = mapped(path, &size);
    if (end == 0 || end > size / sizeof *sessions) {
        fprintf(stderr, "%s holds %zu sessions\n", path, size / sizeof *sessions);
        exit(2);
    }
    return sessions;
}
