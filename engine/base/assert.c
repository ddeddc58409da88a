#include "engine/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void
kg_assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "kgraph: internal error at %s:%d: %s does not hold\n", file, line, condition);
	abort();
}
