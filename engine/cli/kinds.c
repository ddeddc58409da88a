#include "engine/cli/kinds.h"

#include <string.h>

#include "engine/target.h"

#define KG_KIND(name) extern const struct kg_kind kg_kind_##name;
#include "targets/kinds.def"
#undef KG_KIND

const struct kg_kind *const kg_kinds[] = {
#define KG_KIND(name) &kg_kind_##name,
#include "targets/kinds.def"
#undef KG_KIND
	NULL,
};

static const struct kg_facts *const facts[] = {
#define KG_KIND(name) &kg_kind_##name.facts,
#include "targets/kinds.def"
#undef KG_KIND
};

const struct kg_facts_set kg_kinds_facts = {
	.kinds = facts,
	.count = sizeof(facts) / sizeof(facts[0]),
	.common = kg_common_fields,
};

const struct kg_kind *
kg_kinds_find(const char *name)
{
	for (const struct kg_kind *const *kind = kg_kinds; *kind; kind++)
		if (strcmp((*kind)->facts.name, name) == 0)
			return *kind;
	return NULL;
}
