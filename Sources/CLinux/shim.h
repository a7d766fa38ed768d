// What Swift cannot call by itself: prctl(2) takes a variable number of arguments.
#pragma once
#include <sys/prctl.h>

// Forbids core dumps of this process, and others of the same user to look into its memory. 0, or -1 and errno.
static inline int clinux_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// Whether core dumps are allowed: 0 where they are not.
static inline int clinux_are_dumps_allowed(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }
