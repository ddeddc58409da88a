/*
 * Whose credentials a repository gets: the files of podman and docker in their order, the first that has any counts. A helper
 * program that such a file names is run once for each repository and run.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/registry/inside.h"

static constexpr int64_t helper_timeout_ms = 30000;

static kg_step file_next, helper_ended;

const struct kg_credentials *
kg_login_find(const struct kg_call *call)
{
	for (uint32_t i = 0; i < call->host->logins.count; i++)
		if (strcmp(call->host->logins.items[i].path, call->path) == 0)
			return &call->host->logins.items[i].credentials;
	return NULL;
}

/* Also what stands between the two in a header: whoever logs requests would show it so. */
static struct kg_next
login_found(struct kg_job *job, const struct kg_credentials *credentials)
{
	struct kg_call *call = kg_registry_call_of(job);

	if (credentials->password) {
		kg_hide(job, credentials->password);
		kg_hide(job, kg_auth_basic(job->arena, credentials));
	}
	if (credentials->identity)
		kg_hide(job, credentials->identity);
	kg_list_push(job->arena, &call->host->logins, (struct kg_login){ call->path, *credentials });
	return kg_go(call->login_then);
}

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* As containers-auth.json(5) has them. A file that is named is the only one. */
static void
files_list(struct kg_arena *arena, const char *files[login_files_most])
{
	const char *named = variable("REGISTRY_AUTH_FILE"), *runtime = variable("XDG_RUNTIME_DIR");
	const char *config = variable("XDG_CONFIG_HOME"), *docker = variable("DOCKER_CONFIG"), *home = variable("HOME");
	size_t count = 0;

	if (named) {
		files[count++] = named;
		return;
	}
	files[count++] = runtime ? kg_format(arena, "%s/containers/auth.json", runtime)
				 : kg_format(arena, "/run/containers/%u/auth.json", (unsigned)geteuid());
	if (config)
		files[count++] = kg_format(arena, "%s/containers/auth.json", config);
	else if (home)
		files[count++] = kg_format(arena, "%s/.config/containers/auth.json", home);
	if (docker)
		files[count++] = kg_format(arena, "%s/config.json", docker);
	else if (home)
		files[count++] = kg_format(arena, "%s/.docker/config.json", home);
}

struct kg_next
kg_login(struct kg_job *job, kg_step *then)
{
	struct kg_call *call = kg_registry_call_of(job);

	if (kg_login_find(call))
		return kg_go(then);
	call->login_then = then;
	memset(call->login_files, 0, sizeof(call->login_files));
	files_list(job->arena, call->login_files);
	call->login_file = 0;
	return kg_go(file_next);
}

static struct kg_next
helper_start(struct kg_job *job, const struct kg_auth_entry *entry)
{
	const char *name = kg_format(job->arena, "docker-credential-%s", entry->helper);
	const char **argv = kg_new_array(job->arena, const char *, 3);

	argv[0] = kg_job_program(job, name);
	argv[1] = "get";
	if (!argv[0])
		return kg_go(file_next);
	/* It is the user's own program, which finds its account by variables of its own; nothing of what it does counts. */
	return kg_wait_child(job,
	    &(struct kg_child){
		.argv = argv,
		.env = (const char *const *)environ,
		.cwd = "/",
		.input = entry->server,
		.input_size = strlen(entry->server),
		.timeout_ms = helper_timeout_ms,
		.capture = true,
		.quiet = true,
	    },
	    helper_ended);
}

/* A helper that has nothing says so with its exit status. */
static struct kg_next
helper_ended(struct kg_job *job)
{
	struct kg_credentials credentials;

	if (job->child.status == 0 && kg_auth_helper_read(job->arena, job->child.output, &credentials))
		return login_found(job, &credentials);
	return kg_go(file_next);
}

static struct kg_next
file_next(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	struct kg_auth_entry entry;
	const char *bytes;
	size_t size;

	while (call->login_file < login_files_most && call->login_files[call->login_file]) {
		const char *file = call->login_files[call->login_file++];

		/* One that is not there, or is not readable, is none: without a login much can be read. */
		if (kg_file_read(job->arena, file, &bytes, &size))
			continue;
		if (!kg_auth_file_find(job->arena, bytes, call->host->name, call->path, &entry))
			continue;
		return entry.helper ? helper_start(job, &entry) : login_found(job, &entry.credentials);
	}
	return login_found(job, &(struct kg_credentials){});
}
