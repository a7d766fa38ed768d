// What Swift cannot call by itself: prctl(2) takes a variable number of arguments, Glibc's module has no mallopt(3), and the compiler's
// own functions are C's.
#pragma once
#include <malloc.h>
#include <sys/prctl.h>

// Forbids core dumps of this process, and others of the same user to look into its memory. 0, or -1 and errno.
static inline int clinux_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// Whether core dumps are allowed: 0 where they are not.
static inline int clinux_are_dumps_allowed(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }

// Has freed memory go back to the kernel: blocks of `large` bytes and more are mappings of their own, and no arena keeps more than
// `spare` free bytes at its end. 1, or 0 where that is not possible.
static inline int clinux_return_freed_memory(int large, int spare) {
    return mallopt(M_MMAP_THRESHOLD, large) && mallopt(M_TRIM_THRESHOLD, spare);
}

// Has the cache line at `offset` bytes from `base` come from memory, while other work is done. No address does harm.
static inline void clinux_fetch_ahead(const void *base, long offset) {
    __builtin_prefetch((const char *)base + offset);
}
