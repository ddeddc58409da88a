/* How to speak to a host: where its API is, with which certificates, with or without TLS. Found out once a run. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/http_header.h"
#include "engine/base/text.h"
#include "engine/registry/inside.h"

static constexpr int64_t ping_timeout_ms = 10000;

static kg_step host_look, pinged;

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* libcurl takes one file of authorities: several are joined in the state folder. */
static struct kg_error *
authorities_join(struct kg_job *job, struct kg_registry_host *host, const struct kg_text *all)
{
	const char *folder = kg_format(job->arena, "%s/certificates", job->folders->state);
	struct kg_error *error = kg_file_make_folder(job->arena, folder, 0700);

	host->ca_file = kg_format(job->arena, "%s/%s.pem", folder, host->name);
	return error ? error : kg_file_write(job->arena, host->ca_file, all->bytes, all->size, 0600);
}

/*
 * A folder of certs.d, as containers-certs.d(5) says: *.crt are authorities, NAME.cert with NAME.key is a client's certificate.
 * *ret_found: it is there.
 */
static struct kg_error *
certificates_read(struct kg_job *job, struct kg_registry_host *host, const char *folder, bool *ret_found)
{
	struct kg_text all = { .arena = job->arena };
	struct kg_error *error = NULL;
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, by_name), authorities = 0;

	*ret_found = count >= 0;
	for (int i = 0; i < count; i++) {
		const char *path = kg_format(job->arena, "%s/%s", folder, entries[i]->d_name), *bytes;
		size_t size, length = strlen(path);

		if (kg_text_ends(path, ".crt") && !error) {
			error = kg_file_read(job->arena, path, &bytes, &size);
			if (!error)
				kg_text_format(&all, "%s\n", bytes);
			host->ca_file = path;
			authorities++;
		} else if (kg_text_ends(path, ".cert") && !host->cert_file) {
			host->cert_file = path;
			host->key_file = kg_format(job->arena, "%.*s.key", (int)(length - strlen(".cert")), path);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return error || authorities < 2 ? error : authorities_join(job, host, &all);
}

static struct kg_error *
certificates_find(struct kg_job *job, struct kg_registry_host *host, bool *ret_found)
{
	const char *home = getenv("HOME"), *folders[] = { NULL, "/etc/containers/certs.d", "/etc/docker/certs.d" };
	struct kg_error *error = NULL;

	*ret_found = false;
	if (home && *home)
		folders[0] = kg_format(job->arena, "%s/.config/containers/certs.d", home);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !*ret_found && !error; i++)
		if (folders[i])
			error = certificates_read(job, host, kg_format(job->arena, "%s/%s", folders[i], host->name), ret_found);
	return error;
}

static const char *
api_host(const char *name)
{
	return strcmp(name, "docker.io") == 0 ? "registry-1.docker.io" : name;
}

struct kg_next
kg_host_prepare(struct kg_job *job, kg_step *then)
{
	struct kg_call *call = kg_registry_call_of(job);

	if (call->host->base)
		return kg_go(then);
	call->host_then = then;
	return kg_learn(job, host_look);
}

static struct kg_next
host_end(struct kg_job *job, struct kg_error *failure)
{
	struct kg_call *call = kg_registry_call_of(job);

	call->failure = failure;
	kg_learnt(job);
	return kg_go(call->host_then);
}

static struct kg_next
host_look(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	struct kg_registry_host *host = call->host;
	bool has_certificates;
	struct kg_error *error;

	if (host->base)
		return host_end(job, NULL);
	error = certificates_find(job, host, &has_certificates);
	if (error)
		return host_end(job, error);
	if (!host->is_loopback || has_certificates) {
		host->base = kg_format(job->arena, "https://%s", api_host(host->name));
		return host_end(job, NULL);
	}
	return kg_wait_http(job,
	    &(struct kg_http){
		.url = kg_format(job->arena, "http://%s/v2/", host->name),
		.timeout_ms = ping_timeout_ms,
		.stall_ms = call->stall_ms,
	    },
	    pinged);
}

/*
 * On this machine registries mostly speak plain HTTP, and one with TLS answers it with 400 or not at all. No credentials were
 * sent to find out.
 */
static struct kg_next
pinged(struct kg_job *job)
{
	struct kg_registry_host *host = kg_registry_call_of(job)->host;
	const char *location = kg_http_header(job->arena, job->http.headers, "location");
	bool wants_tls = job->http.status == 400 || (location && kg_text_starts(location, "https://"));

	if (job->timed_out || (job->http.error && job->http.is_lasting))
		return host_end(job, kg_error_copy(job->arena, job->http.error));
	host->is_silent = job->http.error != NULL;
	host->base = kg_format(job->arena, "%s://%s", job->http.error || wants_tls ? "https" : "http", host->name);
	return host_end(job, NULL);
}
