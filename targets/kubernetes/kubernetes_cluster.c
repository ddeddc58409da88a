/* The cluster of a node: found, told from others by the uid of its namespace kube-system, and asked what it has of ours. */
#include <ctype.h>
#include <string.h>

#include <openssl/sha.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/status/member.h"

/* A label's value has at most this many characters. */
static constexpr size_t label_most = 63;

static kg_step identity_ask, identity_opened, identity_told, opened, discovered;

/* Which cluster it is. */
struct identity {
	struct kg_api *api;
	const char *uid;
	int64_t born_s;
};

const char *
kg_kubernetes_owner(struct kg_job *job)
{
	const char *folder = job->folders->state;
	unsigned char sum[SHA256_DIGEST_LENGTH];
	struct kg_text text = { .arena = job->arena };

	SHA256((const unsigned char *)folder, strlen(folder), sum);
	for (int i = 0; i < 6; i++)
		kg_text_format(&text, "%02x", sum[i]);
	return kg_text_end(&text);
}

const char *
kg_kubernetes_selector(struct kg_job *job)
{
	return kg_format(job->arena, KG_LABEL_GRAPH "=%s", kg_kubernetes_owner(job));
}

/* Labels take letters, digits and ._- and begin and end with one of the former; a name that was changed for that ends with a digest of what it was. */
const char *
kg_kubernetes_node_label(struct kg_arena *arena, const char *name)
{
	size_t length = strlen(name);
	bool is_plain = length <= label_most && isalnum((unsigned char)name[0]) && isalnum((unsigned char)name[length - 1]);
	struct kg_text text = { .arena = arena };
	unsigned char sum[SHA256_DIGEST_LENGTH];

	for (size_t i = 0; i < length && text.size < label_most - 9; i++) {
		bool is_taken = isascii(name[i]) && (isalnum((unsigned char)name[i]) || strchr("._-", name[i]));

		is_plain = is_plain && is_taken;
		if (is_taken && (text.size > 0 || isalnum((unsigned char)name[i])))
			kg_text_add_bytes(&text, name + i, 1);
		else if (text.size > 0)
			kg_text_add(&text, "-");
	}
	if (is_plain)
		return name;
	SHA256((const unsigned char *)name, length, sum);
	kg_text_format(&text, "%s%02x%02x%02x%02x", text.size > 0 ? "-" : "", sum[0], sum[1], sum[2], sum[3]);
	return kg_text_end(&text);
}

const char *
kg_kubernetes_node_selector(struct kg_job *job)
{
	return kg_format(
	    job->arena, "%s," KG_LABEL_NODE "=%s", kg_kubernetes_selector(job), kg_kubernetes_node_label(job->arena, job->name));
}

static const char *
label_of(const cJSON *object, const char *name)
{
	const cJSON *label = cJSON_GetObjectItemCaseSensitive(kg_json_at(object, "metadata.labels"), name);

	return cJSON_IsString(label) ? label->valuestring : "";
}

bool
kg_kubernetes_is_of_graph(struct kg_job *job, const cJSON *object)
{
	return strcmp(label_of(object, KG_LABEL_GRAPH), kg_kubernetes_owner(job)) == 0;
}

bool
kg_kubernetes_is_of_node(struct kg_job *job, const cJSON *object)
{
	return kg_kubernetes_is_of_graph(job, object) &&
	    strcmp(label_of(object, KG_LABEL_NODE), kg_kubernetes_node_label(job->arena, job->name)) == 0;
}

const char *
kg_kubernetes_tell(struct kg_arena *arena, const struct kubernetes_item *item)
{
	return kg_put_tell(arena, item->object.kind, item->namespace_, item->object.name);
}

const char *
kg_kubernetes_inventory_path(struct kg_job *job)
{
	return kg_path_join(job->arena, job->keep, "inventory.json");
}

static struct kg_api_about
about_of(const struct kg_job *job)
{
	const struct kubernetes_spec *spec = job->spec;

	return (struct kg_api_about){ .kubeconfig = spec->kubeconfig, .context = spec->context };
}

static struct kg_next
identity_ask(struct kg_job *job)
{
	struct identity *identity = job->survey;
	struct kg_api_about about = about_of(job);

	return kg_api_open(job, &about, &identity->api, identity_opened);
}

/* A look does not wait for a server that does not answer: whether it comes back, a run will see. */
static struct kg_next
identity_opened(struct kg_job *job)
{
	struct identity *identity = job->survey;
	struct kg_api_request *request = kg_new(job->arena, struct kg_api_request);

	*request = (struct kg_api_request){ .path = "/api/v1/namespaces/kube-system", .patience_ms = job->about ? -1 : 0 };
	return kg_api_ask(job, identity->api, request, identity_told);
}

/* Who may not see kube-system has no way to tell clusters apart but by what is in them. */
static struct kg_next
identity_told(struct kg_job *job)
{
	struct identity *identity = job->survey;

	identity->uid = "";
	if (!job->http.error && (job->http.status == 403 || job->http.status == 404))
		return kg_done(job);
	struct kg_error *error = kg_api_error(job, "cannot reach the cluster");
	if (error)
		return kg_failed(error);
	const char *uid = kg_json_text(kg_api_answer(job), "metadata.uid");
	identity->uid = uid ? uid : "";
	identity->born_s = kg_member_time_s(kg_api_answer(job), "metadata.creationTimestamp");
	return kg_done(job);
}

struct kg_next
kg_kubernetes_open(struct kg_job *job, enum kubernetes_opening opening, kg_step *then)
{
	struct kubernetes_state *state = job->state;
	struct kg_api_about about = about_of(job);
	struct kg_question *question = kg_new(job->arena, struct kg_question);
	bool is_look = opening == KUBERNETES_LOOK || opening == KUBERNETES_GATHER;

	*question = (struct kg_question){
		.key = kg_format(job->arena, "%s %s\n%s", is_look ? "look" : "run", about.kubeconfig ? about.kubeconfig : "",
		    about.context ? about.context : ""),
		.ask = identity_ask,
		.size = sizeof(struct identity),
		.about = is_look ? "look" : NULL,
	};
	state->opening = opening;
	state->opened = then;
	state->owner = kg_kubernetes_owner(job);
	return kg_wait_answer(job, question, opened);
}

/*
 * A kubeconfig or context that is not there any more has gone with its cluster. A server that does not answer may come back with all that is in it, so that
 * only --purge takes that for gone.
 */
static struct kg_next
not_opened(struct kg_job *job)
{
	const struct kubernetes_state *state = job->state;
	const struct kg_error *why = job->answer_error;
	const char *text = why ? kg_error_text(job->arena, why) : "the cluster does not answer";
	bool is_gone = why && (why->code == KG_EINPUT || why->code == KG_ESYSTEM);
	struct kg_error *error = why ? kg_error_copy(job->arena, why) : kg_error_make(job->arena, KG_ENETWORK, "%s", text);

	if (state->opening == KUBERNETES_LOOK)
		return kg_absent(job, "%s", text);
	if (state->opening == KUBERNETES_RUN || state->opening == KUBERNETES_GATHER)
		return kg_failed(error);
	if (!is_gone && !job->purge)
		return kg_failed(kg_error_advise(
		    job->arena, error, "where the cluster is gone for good, `kgraph down --purge` forgets what was in it"));
	kg_tell(job, "left what it had in the cluster: %s", text);
	return kg_done(job);
}

static struct kg_next
opened(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	const struct identity *identity = job->answer;

	if (!identity)
		return not_opened(job);
	state->api = identity->api;
	state->cluster = identity->uid;
	state->cluster_s = identity->born_s;
	return kg_api_discover(job, state->api, false, discovered);
}

static struct kg_next
discovered(struct kg_job *job)
{
	const struct kubernetes_state *state = job->state;

	return kg_go(state->opened);
}

static struct kg_next
listed(struct kg_job *job)
{
	const struct kg_api_items *items = job->survey;

	return items->error ? kg_failed(items->error) : kg_done(job);
}

static struct kg_next
list_ask(struct kg_job *job)
{
	const struct kubernetes_listing *listing = job->about;

	return kg_api_list(job, listing->api, listing->resource, listing->namespace_, listing->selector, job->survey, listed);
}

struct kubernetes_listing *
kg_kubernetes_listing(struct kg_job *job, const struct kg_resource *resource, const char *namespace_, bool is_ours)
{
	const struct kubernetes_state *state = job->state;
	struct kubernetes_listing *listing = kg_new(job->arena, struct kubernetes_listing);
	const char *selector = is_ours ? kg_kubernetes_selector(job) : NULL;

	*listing = (struct kubernetes_listing){ state->api, resource, namespace_, selector, .items = NULL };
	listing->question = (struct kg_question){
		.key = kg_format(job->arena, "%p %s %s", (const void *)state->api,
		    kg_api_path(job->arena, resource, namespace_, NULL), selector ? selector : ""),
		.ask = list_ask,
		.size = sizeof(struct kg_api_items),
		.about = listing,
	};
	return listing;
}
