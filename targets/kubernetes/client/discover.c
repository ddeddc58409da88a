/*
 * Finding out which kinds the server has: two requests in the aggregated form, or one for each version of each group where the server does not know that. What was
 * found is kept in the user's cache folder: a second run asks nothing, and later ones mostly get 304.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/http_header.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/inside.h"

static constexpr int64_t fresh_ns = 600'000'000'000;

/* The order of the parameters matters to some servers. */
static const char aggregated[] = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
				 "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
static const char *const halves[] = { "/api", "/apis" };

struct kg_discover {
	struct kg_api *api;
	bool anew;
	kg_step *then;
	uint32_t version; /* of the kinds when it was asked for */
	uint32_t half;    /* of halves */
	struct kg_kinds found;
	const char *etags[2];
	KG_LIST(const char *) versions; /* the old form: still to be asked for, from next on */
	uint32_t next;
};

static kg_step turn_taken, half_ask, half_came, version_ask, version_came, discovered;

struct kg_next
kg_api_discover(struct kg_job *job, struct kg_api *api, bool anew, kg_step *then)
{
	struct kg_api_call *call = kg_api_call_of(job);

	if (!anew && api->kinds && !api->kinds_are_old)
		return kg_go(then);
	if (!call->discover)
		call->discover = kg_new(job->arena, struct kg_discover);
	*call->discover = (struct kg_discover){
		.api = api, .anew = anew, .then = then, .version = api->kinds_version, .found.arena = job->arena
	};
	return kg_turn_take(job, &api->discovery, turn_taken);
}

/* NULL: there is no place for it. One for each server: what another one at the same address has, with another authority, is another's. */
static const char *
cache_path(struct kg_job *job, const struct kg_api *api)
{
	const char *folder = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	const char *identity = kg_format(job->arena, "%s\n%s\n%s", api->config.server,
	    api->config.tls_name ? api->config.tls_name : "", api->config.ca_pem ? api->config.ca_pem : "");
	unsigned char hash[EVP_MAX_MD_SIZE];
	struct kg_text name = { .arena = job->arena };

	if (!folder || *folder != '/')
		folder = home && *home == '/' ? kg_path_join(job->arena, home, ".cache") : NULL;
	if (!folder || !EVP_Digest(identity, strlen(identity), hash, NULL, EVP_sha256(), NULL))
		return NULL;
	for (size_t i = 0; i < 12; i++)
		kg_text_format(&name, "%02x", hash[i]);
	return kg_format(job->arena, "%s/kgraph/kubernetes/%s.json", folder, kg_text_end(&name));
}

static void
cache_load(struct kg_job *job, struct kg_api *api)
{
	const char *path = cache_path(job, api), *bytes;
	int64_t age_ns;
	struct kg_discovery_file file;
	size_t size;

	/* One that cannot be read or is damaged is none: the server is asked. */
	if (!path || kg_file_read(job->arena, path, &bytes, &size) || !kg_discovery_load(job->arena, bytes, size, &file))
		return;
	age_ns = kg_clock_wall_ns() - file.asked_wall_ns;
	api->kinds = file.kinds;
	api->etags[0] = file.etags[0];
	api->etags[1] = file.etags[1];
	api->kinds_are_old = age_ns < 0 || age_ns > fresh_ns;
}

static void
cache_save(struct kg_job *job, const struct kg_api *api)
{
	const struct kg_discovery_file file = { api->kinds, { api->etags[0], api->etags[1] }, kg_clock_wall_ns() };
	const char *path = cache_path(job, api), *text = kg_discovery_write(job->arena, &file);
	struct kg_error *error = path ? kg_file_make_folder(job->arena, kg_path_folder(job->arena, path), 0700) : NULL;

	if (path && !error)
		error = kg_file_write(job->arena, path, text, strlen(text), 0600);
	if (error)
		kg_job_log(job, "the server's kinds are not kept: %s", kg_error_text(job->arena, error));
}

static struct kg_next
turn_taken(struct kg_job *job)
{
	struct kg_discover *discover = kg_api_call_of(job)->discover;
	struct kg_api *api = discover->api;

	if (!api->kinds)
		cache_load(job, api);
	if (api->kinds && (api->kinds_version != discover->version || (!discover->anew && !api->kinds_are_old)))
		return kg_go(discovered);
	return kg_go(half_ask);
}

static struct kg_next
discovered(struct kg_job *job)
{
	struct kg_discover *discover = kg_api_call_of(job)->discover;

	kg_turn_give(job, &discover->api->discovery);
	return kg_go(discover->then);
}

static struct kg_next
discovery_failed(struct kg_job *job, struct kg_error *error)
{
	struct kg_discover *discover = kg_api_call_of(job)->discover;

	kg_turn_give(job, &discover->api->discovery);
	return kg_failed(error);
}

static struct kg_next
half_ask(struct kg_job *job)
{
	struct kg_discover *discover = kg_api_call_of(job)->discover;
	struct kg_api *api = discover->api;

	return kg_api_ask(job, api,
	    &(struct kg_api_request){
		.path = halves[discover->half],
		.accept = aggregated,
		.etag = api->kinds ? api->etags[discover->half] : NULL,
	    },
	    half_came);
}

/* The server has what it had. */
static void
half_stays(struct kg_discover *discover)
{
	const struct kg_discovery *kinds = discover->api->kinds;

	for (uint32_t i = 0; i < kinds->count; i++)
		if (!*kinds->items[i].group == (discover->half == 0))
			kg_list_push(discover->found.arena, &discover->found.list, kinds->items[i]);
	discover->etags[discover->half] = discover->api->etags[discover->half];
}

/* False: it is no discovery in any form. */
static bool
half_read(struct kg_job *job, struct kg_discover *discover)
{
	const char *etag = kg_http_header(job->arena, job->http.headers, "etag");
	const char *const *versions;

	if (kg_discovery_read(&discover->found, job->http.body, job->http.body_size)) {
		discover->etags[discover->half] = etag;
		return true;
	}
	versions = kg_discovery_read_versions(job->arena, job->http.body, job->http.body_size);
	for (; versions && *versions; versions++)
		kg_list_push(job->arena, &discover->versions, *versions);
	return versions;
}

static struct kg_next
half_came(struct kg_job *job)
{
	static const char doing[] = "cannot find out which kinds the cluster has";
	struct kg_discover *discover = kg_api_call_of(job)->discover;

	if (job->http.status == 304 && discover->api->kinds) {
		half_stays(discover);
	} else {
		struct kg_error *error = kg_api_error(job, doing);

		if (!error && !half_read(job, discover))
			error = kg_error_make(job->arena, KG_ENETWORK, "%s: %s is not answered by a Kubernetes API server", doing,
			    discover->api->server);
		if (error)
			return discovery_failed(job, error);
	}
	return kg_go(++discover->half < sizeof(halves) / sizeof(halves[0]) ? half_ask : version_ask);
}

static struct kg_next
discovery_set(struct kg_job *job)
{
	struct kg_discover *discover = kg_api_call_of(job)->discover;
	struct kg_api *api = discover->api;

	api->kinds = kg_discovery_make(&discover->found);
	api->kinds_are_old = false;
	api->kinds_version++;
	api->etags[0] = discover->etags[0];
	api->etags[1] = discover->etags[1];
	cache_save(job, api);
	return kg_go(discovered);
}

static struct kg_next
version_ask(struct kg_job *job)
{
	struct kg_discover *discover = kg_api_call_of(job)->discover;
	const char *version;

	if (discover->next == discover->versions.count)
		return discovery_set(job);
	version = discover->versions.items[discover->next];
	return kg_api_ask(job, discover->api,
	    &(struct kg_api_request){ .path = kg_format(job->arena, strchr(version, '/') ? "/apis/%s" : "/api/%s", version) },
	    version_came);
}

/* A group whose own server is away is left out, as the aggregated form does it. */
static struct kg_next
version_came(struct kg_job *job)
{
	struct kg_discover *discover = kg_api_call_of(job)->discover;
	struct kg_error *error = job->http.error ? kg_api_error(job, "cannot find out which kinds the cluster has") : NULL;
	const char *version = discover->versions.items[discover->next++];

	if (error)
		return discovery_failed(job, error);
	if (job->http.status == 200 && !kg_discovery_read_resources(&discover->found, version, job->http.body, job->http.body_size))
		kg_job_log(job, "%s of the API server is answered with something else than a list of kinds", version);
	return kg_go(version_ask);
}

const struct kg_resource *
kg_api_resource(const struct kg_api *api, const char *api_version, const char *kind)
{
	return api->kinds ? kg_discovery_find(api->kinds, api_version, kind) : NULL;
}

uint32_t
kg_api_resource_count(const struct kg_api *api)
{
	return api->kinds ? api->kinds->count : 0;
}

const struct kg_resource *
kg_api_resource_at(const struct kg_api *api, uint32_t index)
{
	return &api->kinds->items[index];
}

struct kg_error *
kg_api_unknown(struct kg_job *job, const struct kg_api *api, const char *api_version, const char *kind)
{
	struct kg_error *error = kg_error_make(job->arena, KG_EINPUT, "the cluster has no kind %s of %s", kind, api_version);
	KG_LIST(const char *) kinds = {};
	KG_LIST(const char *) versions = {};
	const char *nearest;

	for (uint32_t i = 0; i < kg_api_resource_count(api); i++) {
		const struct kg_resource *resource = kg_api_resource_at(api, i);

		if (strcmp(resource->kind, kind) == 0)
			kg_list_push(job->arena, &versions, resource->api_version);
		kg_list_push(job->arena, &kinds, resource->kind);
	}
	kg_list_push(job->arena, &kinds, NULL);
	if (versions.count > 0)
		return kg_error_advise(job->arena, error, "it has %s of %s", kind,
		    kg_text_enumerate(job->arena, versions.items, versions.count, " and "));
	nearest = kg_text_nearest(kind, kinds.items);
	if (nearest)
		return kg_error_advise(job->arena, error, "did you mean `%s`?", nearest);
	return kg_error_advise(job->arena, error, "is it defined by a CustomResourceDefinition that no node brings?");
}
