/*
 * Clean-up of what runs have left in places that all checkouts share; `kgraph gc --images`.
 *
 *     const char *const *said;
 *     struct kg_error *error = kg_run_collect(run, limit_bytes, &said);
 */
#pragma once

#include <stdint.h>

struct kg_error;
struct kg_run;

/*
 * Asks each kind of the graph's nodes that has `collect`, once for each place, to keep to limit_bytes. ret_said: sentences of what was done, ended by
 * NULL, in the run's arena; of what was done before an error as well.
 */
[[nodiscard]] struct kg_error *kg_run_collect(struct kg_run *run, int64_t limit_bytes, const char *const **ret_said);
