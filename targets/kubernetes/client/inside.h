/*
 * What the files of the client share: what is known of each server in a run, and one ask of one job.
 *
 *     struct kg_api_call *call = kg_api_call_of(job);
 *     …
 *     return kg_turn_take(job, &api->login, turn_taken);     one job at a time finds things out, the others wait
 */
#pragma once

#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/kubeconfig/kubeconfig.h"
#include "targets/kubernetes/client/api.h"
#include "targets/kubernetes/client/discovery.h"

struct kg_api_call;

/* So that forty jobs that begin together run one plug-in, and ask once what there is. */
struct kg_turn {
	struct kg_api_call *holder; /* NULL: nobody */
	struct kg_topic *ended;     /* signalled when the holder gives it back; NULL before the first */
};

/* Who we are to the server, as far as it can change within a run. */
struct kg_identity {
	uint32_t version;           /* grows when it is made anew; 0: never was */
	bool is_refused;            /* the server said 401 to it */
	int64_t expires_wall_ns;    /* INT64_MAX: it does not */
	int64_t read_ns;            /* when the token file was read, monotonic */
	const char *const *headers; /* ended by NULL */
	const char *cert_pem, *key_pem;
};

struct kg_api {
	struct kg_kubeconfig config;
	const char *asked;  /* file and context that it was asked for by: who asks the same gets this one */
	const char *stamp;  /* of its files when they were read */
	const char *server; /* host and port, for sentences */
	struct kg_arena *arena;
	struct kg_identity identity;
	struct kg_turn login;

	const struct kg_discovery *kinds; /* NULL before the first kg_api_discover */
	bool kinds_are_old;               /* from the cache, and something has shown that they are not what the server has */
	uint32_t kinds_version;           /* grows with each answer of the server */
	const char *etags[2];             /* of /api and /apis, as their answers came; NULL: none */
	struct kg_turn discovery;

	struct kg_topic *changed; /* of all watches; NULL before the first */
	int64_t outage_ns;        /* when it last did not answer, monotonic; 0: always did */
};

/* One ask of one job. job->client */
struct kg_api_call {
	struct kg_api *api;
	struct kg_api_request request;
	kg_step *then;
	uint32_t tries;       /* that were answered with "later" */
	uint32_t misses;      /* tries in a row that were not answered at all */
	uint32_t strangers;   /* tries that were answered with another object */
	const char *stranger; /* its name, the last time */
	bool agrees;          /* it was the same each time */
	int64_t began_ns;     /* the ask, monotonic */
	int64_t sent_ns;      /* the last try */
	int64_t missing_ns;   /* since when it has not been answered */
	uint32_t identity;    /* version that the last try was sent with */
	bool is_renewed;      /* it was asked again with new credentials */
	bool has_begun;       /* collect got something */
	bool is_told;         /* that it waits */

	struct kg_error *failure;             /* of finding credentials */
	kg_step *identity_then, *plugin_then; /* where that goes on */
	struct kg_api_way *ret_way;

	struct kg_turn *wanted; /* that it waits for */
	kg_step *turn_then;
	struct kg_turn *held[2];                   /* NULL: none; finding the kinds out may need a login */
	void (*outer_release)(struct kg_job *job); /* the job's own, while a turn is held */

	struct kg_discover *discover; /* discover.c's own */
	struct kg_listing *listing;   /* list.c's own */
};

struct kg_api_call *kg_api_call_of(struct kg_job *job);

/* Goes on with then when no other job has the turn; it is this job's from then on, until it is given back or the operation ends. */
struct kg_next kg_turn_take(struct kg_job *job, struct kg_turn *turn, kg_step *then);
void kg_turn_give(struct kg_job *job, struct kg_turn *turn);

/* Goes on with then when api->identity is good to be sent, or call->failure says why there is none. */
struct kg_next kg_identity_prepare(struct kg_job *job, struct kg_api *api, kg_step *then);
/* The server said 401 to the identity of that version. True: asking again may help, with another one. */
bool kg_identity_refused(struct kg_api *api, uint32_t version);
/* Asks the plug-in; goes on with then, with api->identity or call->failure set. */
struct kg_next kg_plugin_ask(struct kg_job *job, kg_step *then);
/* Makes the identity's headers from the kubeconfig and a token (NULL: none), which are hidden. */
void kg_identity_set(struct kg_job *job, struct kg_api *api, const char *token);
/* The path of a page of a list; next NULL: the first. Selectors NULL: none. */
const char *kg_list_path(struct kg_arena *arena, const struct kg_resource *resource, const char *namespace_,
    const char *label_selector, const char *field_selector, const char *next);
