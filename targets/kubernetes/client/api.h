/*
 * A Kubernetes API server, spoken to by steps of a job: where it is and with which credentials (a kubeconfig, or the service account of the pod that
 * kgraph runs in), what kinds it has, server-side apply, delete, get, list, watch, logs.
 *
 *     return kg_api_open(job, &(struct kg_api_about){ .kubeconfig = spec->kubeconfig }, &state->api, opened);
 *     …
 *     opened:     return kg_api_discover(job, state->api, false, discovered);
 *     discovered: resource = kg_api_resource(state->api, "apps/v1", "Deployment");
 *                 return kg_api_apply(job, state->api, resource, &(struct kg_api_apply){ .object = object }, applied);
 *     applied:    error = kg_api_error(job, "cannot apply Deployment shop/web");
 *
 * All requests of a run to one server share one HTTP/2 connection, and none of them is held back by us. A request is asked again when the server says
 * "later" (429 and 5xx with Retry-After), when it does not answer for a while (it is being restarted), and, once, with new credentials when it says 401.
 * Credentials are hidden (kg_hide) before they are first used.
 *
 * One job has one ask at a time; many at once are parts of a job (kg_wait_parts), each with its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "engine/job.h"

struct kg_arena;
struct kg_error;
struct kg_topic;

/* ---- where and who ---- */

/* One API server as one kubeconfig context reaches it; shared by all jobs of a run, and lives until it ends. */
struct kg_api;

struct kg_api_about {
	const char
	    *kubeconfig;     /* a file, absolute; NULL: $KUBECONFIG (a list), else ~/.kube/config, else the pod's service account */
	const char *context; /* NULL: the kubeconfig's current-context */
};

/*
 * Reads the kubeconfig, unless a job of this run did so since it was last changed; asks nothing of the server. Goes on with then, or fails the job with what
 * is wrong, in which file and line, and what to do.
 */
struct kg_next kg_api_open(struct kg_job *job, const struct kg_api_about *about, struct kg_api **ret_api, kg_step *then);

/* "127.0.0.1:6443", for sentences. */
const char *kg_api_server(const struct kg_api *api);
/* Whether two are the same cluster, as its address and the authority of its certificate tell: contexts and users may differ. */
bool kg_api_is_same(const struct kg_api *api, const struct kg_api *other);
/* The context's name; "in-cluster" for a service account. */
const char *kg_api_context(const struct kg_api *api);
/* Where objects go that name no namespace: the context's, else "default". */
const char *kg_api_namespace(const struct kg_api *api);

/* How the server is reached now, for a connection of another make (a WebSocket). Texts live as long as the run. */
struct kg_api_way {
	const char *url;                /* "https://127.0.0.1:6443", perhaps with a path; no slash at the end */
	const char *tls_name;           /* that the server's certificate is checked against; NULL: the URL's host */
	const char *ca_pem;             /* texts; NULL: the system's */
	const char *cert_pem, *key_pem; /* NULL: none */
	bool insecure;                  /* its certificate is not checked */
	const char *proxy;              /* http, https or socks5 URL; NULL: none but the environment's */
	const char *const *headers;     /* "Authorization: …", "Impersonate-User: …", ended by NULL; never NULL */
};
/*
 * Goes on with then when *ret_way is filled; a token file may have been read for that, or a plug-in been run. Without credentials that can be had,
 * ret_way->url is NULL and kg_api_error tells why.
 */
struct kg_next kg_api_find_way(struct kg_job *job, struct kg_api *api, struct kg_api_way *ret_way, kg_step *then);
/* A connection that was made by way was answered 401: the next kg_api_find_way fetches new credentials, where there is a way to. */
void kg_api_way_refused(struct kg_api *api, const struct kg_api_way *way);

/* ---- one request ---- */

struct kg_api_request {
	const char *method; /* NULL: GET */
	const char *path;   /* with its query: "/apis/apps/v1/deployments?limit=500" */
	const char *content_type, *body;
	size_t body_size;
	const char *accept; /* NULL: application/json */
	const char *etag;   /* If-None-Match, and then 304 is an answer; NULL: none */
	int64_t timeout_ms; /* of the whole exchange; 0: 60 s; negative: none */
	int64_t stall_ms;   /* for which nothing may arrive; 0: any time */
	size_t body_limit;  /* 0: 256 MiB */
	/*
	 * How long a server that cannot be reached, or that breaks off, is asked again; 0: 30 s; negative: not at all. What is asked again was perhaps done
	 * already: a DELETE may so be answered 404.
	 */
	int64_t patience_ms;
	/* Gets an answer of 200 to 299 in pieces, instead of job->http.body; as kg_http.collect. Not asked again once it got something. */
	bool (*collect)(void *context, const char *bytes, size_t size);
	void *context;
	const char
	    *name; /* what the object that comes must be called; an answer with another is asked for again. NULL: whatever comes */
};

/*
 * The answer, whatever it is, is in job->http when it goes on with then: job->http.error when there is none, or no credentials for asking. What the request
 * points to lives in job->arena.
 */
struct kg_next kg_api_ask(struct kg_job *job, struct kg_api *api, const struct kg_api_request *request, kg_step *then);

/* What the server says of the last answer that was no success (metav1.Status). */
struct kg_api_cause {
	const char *reason;  /* "FieldManagerConflict", "FieldValueInvalid"; "" when it says none */
	const char *field;   /* "spec.template.spec.containers[0].image", ".data.key" of a conflict; "" when it says none */
	const char *message; /* "" when it says none */
};
struct kg_api_status {
	int32_t code;        /* HTTP's: 404 */
	const char *reason;  /* "NotFound", "Conflict", "Invalid", "Forbidden", "AlreadyExists", "Expired"; "" when it says none */
	const char *message; /* on one line */
	const struct kg_api_cause *causes;
	uint32_t cause_count;
};
/* NULL when the last answer was a success, or there was none. Read anew at each call. */
const struct kg_api_status *kg_api_status(struct kg_job *job);
/*
 * Why the last ask did not succeed, wrapped in doing ("cannot apply Deployment shop/web"); NULL when it did (200 to 299). Conflicts name the other manager
 * and the fields, refusals the field and why. The code is KG_EINPUT for what the user can mend in the object, KG_ENETWORK for a server that cannot be
 * reached, else KG_EFAILED.
 */
struct kg_error *kg_api_error(struct kg_job *job, const char *doing);
/* The body of the last answer as JSON, which lives in job->arena and is never given to cJSON_Delete; NULL when it is none. Read anew at each call. */
cJSON *kg_api_answer(struct kg_job *job);

/* ---- what the server has ---- */

enum kg_api_verb : uint8_t {
	KG_API_CREATE = 1 << 0,
	KG_API_DELETE = 1 << 1,
	KG_API_GET = 1 << 2,
	KG_API_LIST = 1 << 3,
	KG_API_PATCH = 1 << 4,
	KG_API_WATCH = 1 << 5,
};

struct kg_resource {
	const char *group;       /* "apps"; "" for the core's */
	const char *version;     /* "v1" */
	const char *api_version; /* "apps/v1" */
	const char *kind;        /* "Deployment" */
	const char *plural;      /* "deployments" */
	bool is_namespaced;
	uint8_t verbs; /* enum kg_api_verb */
};

/*
 * Goes on with then when the server's kinds are known, or fails the job. They are kept for this server in the user's cache folder, and taken from there
 * without a request while they are fresh (10 minutes). anew: what the server has now, for a kind that is not among them and after a CRD was established;
 * jobs that ask for it at the same time share one request.
 */
struct kg_next kg_api_discover(struct kg_job *job, struct kg_api *api, bool anew, kg_step *then);
/* NULL: unknown. Lives as long as the run, also when it is discovered anew. */
const struct kg_resource *kg_api_resource(const struct kg_api *api, const char *api_version, const char *kind);
/* The error of a kind that the server does not have: names the versions of the kind that it has, or the nearest kind. */
struct kg_error *kg_api_unknown(struct kg_job *job, const struct kg_api *api, const char *api_version, const char *kind);
/* All of them, in the server's order: one for each kind and version. */
uint32_t kg_api_resource_count(const struct kg_api *api);
const struct kg_resource *kg_api_resource_at(const struct kg_api *api, uint32_t index);

/* "/apis/apps/v1/namespaces/x/deployments/y"; namespace_ NULL: of all, or a kind that has none; name NULL: the collection. Pure. */
const char *kg_api_path(struct kg_arena *arena, const struct kg_resource *resource, const char *namespace_, const char *name);

/* ---- objects ---- */

extern const char kg_api_manager[]; /* "kgraph": the field manager of what we apply */

/* Server-side apply. Namespace and name are the object's; the answer is the object as it is now. */
struct kg_api_apply {
	const cJSON *object;
	const char *json;       /* the same as text, where it is at hand (as kg_json_print gives it); NULL: printed here */
	const char *namespace_; /* where the object names none; NULL: kg_api_namespace */
	bool force;             /* takes fields that another manager owns */
	bool dry_run;
};
struct kg_next kg_api_apply(
    struct kg_job *job, struct kg_api *api, const struct kg_resource *resource, const struct kg_api_apply *apply, kg_step *then);

enum kg_api_propagation { KG_API_BACKGROUND, KG_API_FOREGROUND, KG_API_ORPHAN };
struct kg_api_delete {
	const char *namespace_, *name; /* namespace_ NULL: a kind that has none */
	const char *uid;               /* only this one, not another of its name (409 then); NULL: any */
	enum kg_api_propagation propagation;
	int64_t grace_s; /* negative: the object's own; 0 is at once */
};
/* 404 is an answer as any; 200 and 202 say that it goes, not that it has gone. */
struct kg_next kg_api_delete(
    struct kg_job *job, struct kg_api *api, const struct kg_resource *resource, const struct kg_api_delete *what, kg_step *then);

struct kg_next kg_api_get(struct kg_job *job, struct kg_api *api, const struct kg_resource *resource, const char *namespace_,
    const char *name, kg_step *then);

/* What a list has brought. Items live in job->arena, carry apiVersion and kind, and are never given to cJSON_Delete. */
struct kg_api_items {
	cJSON **items;
	uint32_t count;
	const char *resource_version;
	bool is_absent;         /* the server does not know the resource: there are none */
	struct kg_error *error; /* "cannot list deployments in shop: …"; NULL: well */
};
/* All of them, in pages of 500, from the same moment. namespace_ NULL: all; selectors NULL: none. */
struct kg_next kg_api_list(struct kg_job *job, struct kg_api *api, const struct kg_resource *resource, const char *namespace_,
    const char *label_selector, struct kg_api_items *ret_items, kg_step *then);

/*
 * What is there now, followed as it changes: one stream for all jobs of the run that watch the same. It lists, watches, and goes on by itself after anything
 * that ends a watch: the server's time limit, a restart, an expired version. Its memory changes between steps of a job, never during one, and
 * what find and at give is good until the step returns.
 *
 *     state->pods = kg_api_watch(job, api, pods, "shop", NULL, NULL);
 *     return kg_go(look);
 *     …
 *     look: if (state->pods->error) return kg_failed(…);
 *           if (!state->pods->is_synced || !is_ready(kg_api_watch_find(state->pods, "shop", "web-1")))
 *               return kg_wait_topic(job, state->pods->topic, 0, look);
 */
struct kg_api_watch {
	struct kg_topic *topic; /* the same for all watches of one server: signalled when any of them has changed */
	uint32_t version;       /* grows with each change of this one */
	bool is_synced;         /* the first list is in */
	bool is_absent;         /* the server does not know the resource: there are no objects, until it does */
	const char *trouble;    /* what keeps it from following just now: "the API server at … does not answer"; NULL: nothing */
	struct kg_error *error; /* why it has ended for good: access denied; NULL: it has not */
	uint32_t count;         /* objects now there */
};
/* Ends with the job's operation. */
struct kg_api_watch *kg_api_watch(struct kg_job *job, struct kg_api *api, const struct kg_resource *resource,
    const char *namespace_, const char *label_selector, const char *field_selector);
/* NULL: not there. namespace_ NULL or "": a kind that has none. */
const cJSON *kg_api_watch_find(const struct kg_api_watch *watch, const char *namespace_, const char *name);
/* index < count; the order changes when something changes. */
const cJSON *kg_api_watch_at(const struct kg_api_watch *watch, uint32_t index);

struct kg_api_logs {
	const char *namespace_, *pod;
	const char *container; /* NULL: the pod's only one */
	bool previous;         /* of the container before the last restart */
	bool timestamps;
	bool follow;         /* until the container ends; with collect. Not asked again */
	int64_t tail_lines;  /* 0: all; negative: none of those that are there */
	const char *since;   /* not before the second of this time, RFC 3339; NULL: all */
	int64_t stall_ms;    /* for which nothing may arrive, and then as long as it takes; 0: 60 s for all of it */
	int64_t limit_bytes; /* 0: 1 MiB; negative: none */
	bool (*collect)(void *context, const char *bytes, size_t size); /* NULL: the text is job->http.body */
	void *context;
};
/* 400 is answered while the container waits to start, or when it has no previous one. */
struct kg_next kg_api_logs(struct kg_job *job, struct kg_api *api, const struct kg_api_logs *logs, kg_step *then);
