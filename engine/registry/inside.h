/*
 * What the files of the registry's client share: what is known of each host in a run, one ask of one job, and one exchange of
 * that ask: a request with whatever it takes to be answered (credentials, tokens, redirects, another try).
 *
 *     call->exchange = (struct kg_exchange){ .method = "GET", .url = kg_call_url(job, "manifests/16"), .then = manifest_came };
 *     return kg_exchange(job);
 *     …
 *     in manifest_came: call->failure when no answer came that counts, else job->http
 */
#pragma once

#include "engine/base/list.h"
#include "engine/registry.h"
#include "engine/registry/auth_file.h"
#include "engine/registry/challenge.h"
#include "engine/registry/url.h"

/* So many files may hold credentials. */
static constexpr uint32_t login_files_most = 4;

/* A bearer token, good for one repository. */
struct kg_token {
	const char *path;
	bool may_push; /* a token that may push may pull as well */
	const char *value;
	int64_t expires_ns; /* monotonic */
};

/* The credentials of a repository, once they were looked for. */
struct kg_login {
	const char *path;
	struct kg_credentials credentials;
};

/* What is known of a registry in this run. */
struct kg_registry_host {
	const char *name;    /* as references say it */
	const char *base;    /* "https://registry-1.docker.io"; NULL before it is known */
	bool is_loopback;    /* may be spoken to without TLS */
	bool is_silent;      /* nothing on this machine has answered yet: it is not waited for */
	bool wants_password; /* it has asked for Basic authentication: sent from now on without being asked */
	const char *ca_file, *cert_file, *key_file;
	KG_LIST(struct kg_token) tokens;
	KG_LIST(struct kg_login) logins;
	/*
	 * One job at a time finds things out about a host, so that a dozen that begin together start one credential helper and fetch
	 * one token.
	 */
	struct kg_call *learner;     /* NULL: none does */
	struct kg_topic *has_learnt; /* signalled when it has; NULL before the first */
};

struct kg_registry_room {
	KG_LIST(struct kg_registry_host *) hosts;
};

/* One request; the caller fills in the first part. */
struct kg_exchange {
	const char *method, *url;
	const char *headers[4]; /* "Name: value"; a NULL ends them */
	const char *body;
	size_t body_size;
	const char *body_path; /* instead of body: this file from body_from on */
	int64_t body_from;
	int save_fd; /* the answer's body goes there; 0: it is kept */
	int64_t save_at, save_limit;
	size_t body_limit;
	int64_t timeout_ms; /* of each try; 0: of one that moves little; negative: none but the stall limit */
	bool once;          /* what is interrupted is not tried again here */
	kg_step *
	    again; /* called before another try, to change the request; must go on with kg_exchange_send. NULL: nothing to change */
	kg_step *then;

	uint32_t tries, redirects;
	bool has_password; /* the last request was sent with it */
	const char *token; /* that it was sent with; NULL: none */
	bool is_renewed;   /* a token was fetched for this exchange */
};

/* One ask of one job. job->registry */
struct kg_call {
	struct kg_registry_host *host;
	const char *path;
	const char *what; /* "the manifest 16", for errors */
	bool pushes;
	int64_t stall_ms;
	kg_step *then;
	struct kg_registry_result result;
	struct kg_exchange exchange;
	struct kg_error *failure; /* why there is no answer that counts */

	struct kg_manifest_ask manifest_ask;
	uint32_t depth; /* indexes passed on the way to a manifest */

	struct kg_blob_ask blob;
	struct kg_blob_put put;
	struct kg_file_digest *digest; /* of a file, from a worker */
	int fd;                        /* of the blob that is fetched; -1: none is open */
	int64_t have;                  /* so much of the blob is there */
	bool is_resumed, is_restarted;
	const char *location; /* of an upload that has begun */
	uint32_t cuts;        /* how often an upload was cut without having got on */

	struct kg_challenge challenge;                             /* the last one of its host */
	kg_step *learn_then, *login_then, *host_then, *token_then; /* where these go on */
	struct kg_url realm;                                       /* of the challenge */
	uint32_t token_tries;
	const char *login_files[login_files_most]; /* to be looked through for credentials */
	uint32_t login_file;                       /* the next of them */
};

/* A SHA-256 worked out on a worker thread. */
struct kg_file_digest {
	const char *path;
	char text[8 + 64 + 1];
	int64_t size;
	int sys; /* errno; 0: well */
};
void kg_file_digest_work(void *data);

struct kg_call *kg_registry_call_of(struct kg_job *job);
/* A new ask: empties what the last one left. */
struct kg_call *kg_call_begin(struct kg_job *job, const char *host, const char *path, int64_t stall_ms, kg_step *then);
/* Ends the ask. error NULL: well. */
struct kg_next kg_call_end(struct kg_job *job, struct kg_error *error);
/* Closes the file of a blob that is fetched; it goes unless it is what was asked for. Harmless when none is open. */
void kg_blob_close(struct kg_job *job, bool is_well);
/* "BASE/v2/PATH/REST"; the base is put in front when the host is known. */
const char *kg_call_url(struct kg_job *job, const char *rest);
/* The error of an answer whose status is not what was hoped for, with what the registry says of it. */
struct kg_error *kg_call_refused(struct kg_job *job);
/* The error of a login that is missing, or that was refused. */
struct kg_error *kg_call_denied(struct kg_job *job);
/* The answer's Docker-Content-Digest when it contradicts digest, else NULL. */
const char *kg_call_other_digest(struct kg_job *job, const char *digest);

/* Goes on with then when no other job finds things out about the call's host; from then on this one does, until kg_learnt. */
struct kg_next kg_learn(struct kg_job *job, kg_step *then);
void kg_learnt(struct kg_job *job);

struct kg_next kg_exchange(struct kg_job *job);
kg_step kg_exchange_send;
/* How long so many bytes may take at most, however slow: who moves a byte a second never stalls, and never ends. */
int64_t kg_exchange_time_ms(int64_t size);
/* Whether job->http may be another next time. */
bool kg_exchange_may_retry(const struct kg_job *job);
/* How long to wait before try number tries (from 1), or -1 when the other side asks for longer than anybody waits. */
int64_t kg_exchange_pause_ms(const struct kg_job *job, uint32_t tries);

/* Finds out how to speak to the host. */
struct kg_next kg_host_prepare(struct kg_job *job, kg_step *then);
/* Looks for credentials of the call's repository; then finds them with kg_login_find. */
struct kg_next kg_login(struct kg_job *job, kg_step *then);
const struct kg_credentials *kg_login_find(const struct kg_call *call);
/* Fetches a token by the call's challenge; NULL in kg_token_find, and call->failure, when there is none. */
struct kg_next kg_token(struct kg_job *job, kg_step *then);
const char *kg_token_find(const struct kg_job *job);
void kg_token_drop(struct kg_job *job);
