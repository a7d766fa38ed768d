/* Time that only runs forward, in nanoseconds: CLOCK_MONOTONIC, as Python's monotonic_ns. */
#pragma once

#include <time.h>

static inline long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}
