/* Numbers as if by chance, the same in every run (xorshift64*). */
#pragma once

#include <stdint.h>

static uint64_t chance = 0x9e3779b97f4a7c15;

/* Returns a number below `bound`, all alike often. */
static inline uint32_t below(uint32_t bound)
{
    chance ^= chance >> 12;
    chance ^= chance << 25;
    chance ^= chance >> 27;
    return (uint32_t)(((chance * 0x2545f4914f6cdd1d) >> 32) * bound >> 32);
}
