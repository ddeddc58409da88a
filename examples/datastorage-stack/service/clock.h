/* The clock that time limits are measured by; it never goes back. */

#pragma once

#include <time.h>

static inline long long
clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static inline long long
clock_ms(void)
{
	return clock_us() / 1000;
}
