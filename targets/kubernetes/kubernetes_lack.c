/*
 * What the review could not know, asked when the node has its turn and before it writes anything: in a cluster that this very run has made, one that did not
 * answer before, and behind commands of the graph that may have made what was missing.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/kubernetes_ask.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/kubernetes_world.h"

void
kg_kubernetes_lack_add(struct kg_arena *arena, struct kubernetes_lacks *lacks, const struct kg_lack *lack)
{
	kg_list_push(arena, lacks,
	    (struct kg_lack){
		.api_version = kg_copy(arena, lack->api_version),
		.kind = kg_copy(arena, lack->kind),
		.namespace_ = kg_copy(arena, lack->namespace_),
		.name = kg_copy(arena, lack->name),
		.key = kg_copy(arena, lack->key),
		.node_port = lack->node_port,
		.protocol = kg_copy(arena, lack->protocol),
		.service = kg_copy(arena, lack->service),
		.error = kg_error_copy(arena, lack->error),
	    });
}

static struct kubernetes_question *
question_of(struct kg_job *job, const struct kg_lack *lack)
{
	const struct kubernetes_state *state = job->state;
	const char *namespace_ = lack->namespace_;

	if (!namespace_ && kg_object_is_namespaced(lack->api_version, lack->kind) == 1)
		namespace_ = kg_api_namespace(state->api);
	return kubernetes_question(state->asking, lack->kind, namespace_, lack->name);
}

struct kg_next
kg_kubernetes_lacks_ask(struct kg_job *job, kg_step *then)
{
	struct kubernetes_state *state = job->state;
	const struct kubernetes_lacks *lacks = job->reviewed;

	if (!lacks)
		return kg_go(then);
	state->asking = kg_new(job->arena, struct kubernetes_asking);
	state->asking->arena = job->arena;
	for (uint32_t i = 0; i < lacks->count; i++) {
		const struct kg_lack *lack = &lacks->items[i];
		struct kubernetes_question *question = lack->kind ? question_of(job, lack) : NULL;

		state->asking->wants_holders |= !lack->kind;
		if (question && lack->key)
			question->wants_keys = true;
	}
	return kg_kubernetes_ask(job, state->asking, state->api, then);
}

static struct kg_error *
port_error(struct kg_job *job, const struct kg_lack *lack)
{
	const struct kubernetes_state *state = job->state;
	const char *holder = kubernetes_holder(state->asking, lack->node_port, lack->protocol);

	if (!holder || strcmp(holder, lack->service) == 0)
		return NULL;
	return kg_error_advise(job->arena,
	    kg_error_at(job->arena, KG_EINPUT, lack->error->place, "the NodePort %d is of the Service %s in the cluster already",
		(int)lack->node_port, holder),
	    "give one of them another nodePort");
}

/* A key is looked for in what is there; that it is not there is another lack. */
static struct kg_error *
lack_error(struct kg_job *job, const struct kg_lack *lack)
{
	const struct kubernetes_question *question = question_of(job, lack);

	if (!question || (lack->key && question->presence != KG_PRESENT))
		return NULL;
	enum kg_presence presence = lack->key ? kubernetes_key(question, lack->key) : question->presence;
	if (presence != KG_ABSENT || (!lack->key && kubernetes_is_uncertain(question)))
		return NULL;
	struct kg_error *error = kg_error_copy(job->arena, lack->error);
	const char *advice = kubernetes_advice(job->arena, question, lack->key);
	return advice ? kg_error_advise(job->arena, error, "%s", advice) : error;
}

struct kg_error *
kg_kubernetes_lacks_tell(struct kg_job *job)
{
	const struct kubernetes_lacks *lacks = job->reviewed;
	struct kg_errors errors = { .arena = job->arena };

	for (uint32_t i = 0; lacks && i < lacks->count; i++) {
		const struct kg_lack *lack = &lacks->items[i];
		struct kg_error *error = lack->kind ? lack_error(job, lack) : port_error(job, lack);

		if (error)
			kg_errors_add(&errors, error);
	}
	return kg_kubernetes_errors(job, &errors);
}
