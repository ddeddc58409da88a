#include "engine/probe.h"
#include "engine/run/state.h"

const char *
kg_run_rule(struct kg_run *run, struct kg_arena *arena, const struct kg_entry *entry)
{
	struct kg_subject subject = kg_subject_of_entry(run, arena, entry);
	struct kg_common common = { 0 };

	if (kg_spec_fill(arena, kg_common_fields, subject.values, subject.settings, subject.folder, &subject.resolver, &common))
		return NULL;
	return common.ready ? kg_probe_tell(arena, common.ready) : NULL;
}
