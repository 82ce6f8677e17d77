/*
 * dice.h - numbers by chance, the same in every run.
 */
#ifndef UNIT_DICE_H
#define UNIT_DICE_H

#include <stdint.h>

static uint32_t seed;

/* 0 to n - 1. */
static inline uint32_t
dice(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

#endif
