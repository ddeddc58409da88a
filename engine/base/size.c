#include "engine/base/size.h"

#include "engine/base/arena.h"

const char *
kg_size_tell(struct kg_arena *arena, int64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double size = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024)
		return kg_format(arena, bytes == 1 ? "%d byte" : "%d bytes", (int)bytes);
	for (; size >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		size /= 1024;
	return kg_format(arena, size < 10 ? "%.1f %s" : "%.0f %s", size, units[unit]);
}
