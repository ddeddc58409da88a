/*
 * All kinds of targets/kinds.def, for the reader, the engine and the help. The only place that names them.
 */
#pragma once

#include "engine/base/facts.h"

struct kg_kind;

/* In the order of kg_kinds_facts, ended by NULL. */
extern const struct kg_kind *const kg_kinds[];
extern const struct kg_facts_set kg_kinds_facts;
/* NULL when there is none of that name. */
const struct kg_kind *kg_kinds_find(const char *name);
