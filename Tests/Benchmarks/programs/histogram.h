/* Counts of durations, from which percentiles are read: 64 steps to each power of two, so within 1.6 %. */
#pragma once

#include <stdint.h>

enum { STEP_BITS = 6, STEPS = 1 << STEP_BITS };

struct histogram {
    uint64_t count;
    uint64_t steps[64 * STEPS];
};

static inline unsigned step_of(uint64_t nanoseconds)
{
    if (nanoseconds < STEPS)
        return (unsigned)nanoseconds;
    unsigned shift = 63 - (unsigned)__builtin_clzll(nanoseconds) - STEP_BITS;
    return ((shift + 1) << STEP_BITS) + (unsigned)((nanoseconds >> shift) & (STEPS - 1));
}

static inline void add(struct histogram *histogram, uint64_t nanoseconds)
{
    histogram->steps[step_of(nanoseconds)]++;
    histogram->count++;
}

/* Returns microseconds: the least that so many of a hundred durations do not exceed, 0 where there are none. */
static inline double percentile(const struct histogram *histogram, double percent)
{
    double missing = (double)histogram->count * percent / 100;
    for (unsigned step = 0; step < 64 * STEPS; step++) {
        missing -= (double)histogram->steps[step];
        if (histogram->steps[step] > 0 && missing <= 0) {
            unsigned shift = step >> STEP_BITS;
            uint64_t least = shift ? (uint64_t)(STEPS + (step & (STEPS - 1))) << (shift - 1) : step;
            return (double)least / 1000;
        }
    }
    return 0;
}
