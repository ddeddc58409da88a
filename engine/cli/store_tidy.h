/*
 * Keeps the store within its limit without anybody asking: once a day a `kgraph gc` of its own is started, and not waited for.
 *
 *     kg_store_tidy(cli);            after a run that may have stored something
 */
#pragma once

#include <stdint.h>

struct kg_cli;
struct kg_error;

/* What the store may take: KGRAPH_STORE_SIZE, or 10 GiB. KG_EINPUT when the variable is no size. */
[[nodiscard]] struct kg_error *kg_store_limit(struct kg_cli *cli, int64_t *ret_limit_bytes);
/* A day has passed since the last collection: starts one. Costs one stat otherwise, and never fails. */
void kg_store_tidy(struct kg_cli *cli);
/* A collection has ended well. */
void kg_store_tidied(struct kg_cli *cli);
