#include "engine/base/clock.h"

#include <ctype.h>
#include <stdckdint.h>
#include <string.h>
#include <time.h>

#include "engine/base/arena.h"

static int64_t
clock_read(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t
kg_clock_now_ns(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

int64_t
kg_clock_wall_ns(void)
{
	return clock_read(CLOCK_REALTIME);
}

static const struct {
	const char *name;
	int64_t ms;
} duration_units[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 } };
static constexpr size_t duration_unit_count = sizeof(duration_units) / sizeof(duration_units[0]);

/* Reads "1.5" as thousandths, so that no floating point is needed; more than three decimals are refused. */
static bool
thousandths_read(const char **text, int64_t *ret_thousandths)
{
	const char *at = *text;
	int64_t value = 0;

	if (!isdigit((unsigned char)*at))
		return false;
	for (; isdigit((unsigned char)*at); at++)
		if (ckd_mul(&value, value, 10) || ckd_add(&value, value, *at - '0'))
			return false;
	if (ckd_mul(&value, value, 1000))
		return false;
	if (*at == '.') {
		int64_t weight = 100;

		if (!isdigit((unsigned char)*++at))
			return false;
		for (; isdigit((unsigned char)*at); at++, weight /= 10) {
			if (weight == 0)
				return false;
			value += weight * (*at - '0');
		}
	}
	*text = at;
	*ret_thousandths = value;
	return true;
}

/* The unit at the start of text among those smaller than the one before, or false. */
static bool
unit_read(const char **text, size_t *next_unit, int64_t *ret_ms)
{
	size_t length = strspn(*text, "dhms");

	for (size_t unit = *next_unit; unit < duration_unit_count; unit++) {
		if (strlen(duration_units[unit].name) == length && memcmp(*text, duration_units[unit].name, length) == 0) {
			*next_unit = unit + 1;
			*text += length;
			*ret_ms = duration_units[unit].ms;
			return true;
		}
	}
	return false;
}

bool
kg_duration_read(const char *text, int64_t *ret_ms)
{
	int64_t total_ms = 0;
	size_t next_unit = 0;

	if (*text == '\0')
		return false;
	while (*text != '\0') {
		int64_t thousandths, unit_ms, part;

		if (!thousandths_read(&text, &thousandths) || !unit_read(&text, &next_unit, &unit_ms))
			return false;
		if (ckd_mul(&part, thousandths, unit_ms) || part % 1000 != 0 || ckd_add(&total_ms, total_ms, part / 1000))
			return false;
	}
	*ret_ms = total_ms;
	return true;
}

const char *
kg_duration_tell(struct kg_arena *arena, int64_t duration_ns)
{
	double ms = (double)duration_ns / 1e6;
	int64_t s = (duration_ns + 500000000) / 1000000000;

	/* The limits are where rounding would give the next larger form: "1000 ms" is no such thing. */
	if (ms < 9.95)
		return kg_format(arena, "%.1f ms", ms);
	if (ms < 999.5)
		return kg_format(arena, "%.0f ms", ms);
	if (ms < 59950)
		return kg_format(arena, "%.1f s", ms / 1e3);
	if (s < 3600)
		return kg_format(arena, "%d min %02d s", (int)(s / 60), (int)(s % 60));
	return kg_format(arena, "%lld h %02d min", (long long)(s / 3600), (int)(s / 60 % 60));
}

const char *
kg_clock_tell_wall(struct kg_arena *arena, int64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / 1000000000);
	struct tm utc;
	char text[32];

	gmtime_r(&seconds, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	return kg_format(arena, "%s.%03dZ", text, (int)(wall_ns / 1000000 % 1000));
}
