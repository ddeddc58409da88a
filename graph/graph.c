#include "graph/graph.h"

#include "engine/base/error.h"
#include "graph/draft.h"

/*
 * A draft that has errors is sealed all the same: what sealing finds is told in the same run. What it makes then is thrown away.
 */
void
kg_graph_read(struct kg_arena *arena, const struct kg_graph_source *source, struct kg_errors *errors,
    const struct kg_graph **ret_graph, struct kg_graph_origin *ret_origin)
{
	struct kg_draft draft = { .arena = arena, .errors = errors, .facts = source->facts };

	kg_draft_read(&draft, source, ret_origin);
	const struct kg_graph *graph = kg_draft_seal(&draft);
	kg_draft_tidy_errors(&draft);
	kg_draft_forget(&draft);
	*ret_graph = errors->count > 0 ? NULL : graph;
}
