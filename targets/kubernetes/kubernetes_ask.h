/*
 * What a cluster has of what the graph's manifests name and do not bring: asked all at once, each thing once.
 *
 *     kubernetes_question(&asking, "Secret", "shop", "password")->wants_keys = true;
 *     return kg_kubernetes_ask(job, &asking, api, asked);
 *     …
 *     asked: if (kubernetes_question(&asking, …)->presence == KG_ABSENT) …
 *
 * A question costs one small request, of the object's metadata alone unless its keys are wanted. Where something is missing, a second round finds out what
 * may have been meant, and whether something in the cluster will make it: nothing but a mistake pays for that.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/job.h"
#include "targets/kubernetes/manifest/review.h"

struct kg_api;
struct kg_resource;

/* So long after a cluster was made it may still be bringing what it comes with, such as k3d its StorageClass. */
static constexpr int64_t kg_kubernetes_young_s = 600;

struct kubernetes_question {
	const struct kg_resource *resource;
	const char *namespace_, *name; /* namespace_ NULL: of a kind that lives in none */
	bool wants_keys;               /* of a ConfigMap's or Secret's data */
	bool wants_rules;              /* of a role */
	bool was_asked;
	bool is_doubted;   /* it is not there, and it is asked whether that is the whole story */
	bool is_explained; /* that was answered */

	enum kg_presence presence; /* UNKNOWN as well when the answer is none of our business (403) */
	const char *made_by;       /* the label of the node of this graph that made it; NULL: none did */
	const char *const *keys;   /* of what is there, ended by NULL; NULL: not known */
	const char *const *others; /* of those keys, what others than kgraph have put there, ended by NULL; NULL: not known */
	const char *const *makes;  /* resources that the role allows to make, perhaps "*", ended by NULL; NULL: not known */
	const char *nearest;       /* the name in the same namespace that may have been meant, or NULL */
	const char *elsewhere;     /* another namespace that has one of that name, or NULL */
};

/* Whether pods that run as an account may make something; asked only where such a thing is missing. */
struct kubernetes_right {
	struct kg_account account;
	const struct kg_resource *resource;
	const char *namespace_; /* NULL: of a kind that lives in none */
	bool was_asked;
	enum kg_presence presence; /* of the right; UNKNOWN as well where who asks may not know (403) */
};

/* A NodePort, and who has it. */
struct kubernetes_holder {
	int64_t node_port;
	const char *protocol, *service; /* "TCP", "namespace/name" */
};

struct kubernetes_asking {
	struct kg_arena *arena;
	int64_t patience_ms; /* as kg_api_request's */
	KG_LIST(struct kubernetes_question *) questions;
	struct kg_map index;
	KG_LIST(struct kubernetes_right *) rights;
	struct kg_map rights_index;
	bool wants_holders; /* of NodePorts; those of this graph are none: they are changed, or leave */

	bool has_holders;
	KG_LIST(struct kubernetes_holder) holders;
	const struct kg_error *failure; /* why something could not be asked; NULL: all was answered */
	struct kubernetes_asks *inside; /* kubernetes_ask.c's own */
};

/* The question, made when it is asked for first. NULL: of a kind that is not asked for. */
struct kubernetes_question *kubernetes_question(
    struct kubernetes_asking *asking, const char *kind, const char *namespace_, const char *name);
/* The right, made when it is asked for first. NULL: of a kind that is not asked for. */
struct kubernetes_right *kubernetes_right(
    struct kubernetes_asking *asking, const struct kg_account *account, const char *kind, const char *namespace_);
/* Whether a role allows to make things of the kind. */
enum kg_presence kubernetes_role_makes(const struct kubernetes_question *role, const char *kind);
/* Whether what the question is about has the key. */
enum kg_presence kubernetes_key(const struct kubernetes_question *question, const char *key);
/* It is not there, and whether something will bring it could not be found out. */
bool kubernetes_is_uncertain(const struct kubernetes_question *question);
/* Whether somebody else than kgraph has put the key there: it stays, whatever the graph's own manifest of the object says. */
bool kubernetes_key_is_of_others(const struct kubernetes_question *question, const char *key);
/* What to say of what is missing: "did you mean `x`?"; NULL: nothing. key NULL: of the thing itself. */
const char *kubernetes_advice(struct kg_arena *arena, const struct kubernetes_question *question, const char *key);
/* "namespace/name", or NULL. */
const char *kubernetes_holder(const struct kubernetes_asking *asking, int64_t node_port, const char *protocol);

/* Goes on with then when all that was not asked before has been. Never fails: what is not known stays unknown. */
struct kg_next kg_kubernetes_ask(struct kg_job *job, struct kubernetes_asking *asking, struct kg_api *api, kg_step *then);
