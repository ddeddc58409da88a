#include "engine/containers/engine.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
#include "engine/base/text.h"

static constexpr int64_t ask_limit_ms = 60000;
/* A machine with thousands of images has listings of megabytes. */
static constexpr size_t listing_limit_bytes = 64 << 20;
static constexpr size_t folder_name_most = 20;

const char *const kg_engine_choices[] = { "auto", "podman", "docker", NULL };

static const struct kg_engine_driver *const drivers[] = { &kg_podman, &kg_docker, &kg_nerdctl };
static constexpr size_t driver_count = sizeof(drivers) / sizeof(drivers[0]);
/* Those in front may be chosen by themselves, and by KGRAPH_ENGINE. */
static constexpr size_t usual_count = 2;

/*
 * What an engine's program finds of kgraph's own environment: where its storage, its daemon, its configuration and its credentials are. None of it
 * counts in a fingerprint, since it says where something is made and not what.
 */
static const char *const handed_on[] = {
	"BUILDAH_FORMAT",
	"BUILDAH_ISOLATION",
	"BUILDX_BUILDER",
	"BUILDX_CONFIG",
	"CONTAINERS_CONF",
	"CONTAINERS_CONF_OVERRIDE",
	"CONTAINERS_REGISTRIES_CONF",
	"CONTAINERS_STORAGE_CONF",
	"CONTAINER_CONNECTION",
	"CONTAINER_HOST",
	"CONTAINER_SSHKEY",
	"DBUS_SESSION_BUS_ADDRESS",
	"DOCKER_API_VERSION",
	"DOCKER_BUILDKIT",
	"DOCKER_CERT_PATH",
	"DOCKER_CONFIG",
	"DOCKER_CONTEXT",
	"DOCKER_DEFAULT_PLATFORM",
	"DOCKER_HOST",
	"DOCKER_TLS",
	"DOCKER_TLS_VERIFY",
	"GNUPGHOME",
	"HOME",
	"HTTPS_PROXY",
	"HTTP_PROXY",
	"LOGNAME",
	"NETAVARK_FW",
	"NO_PROXY",
	"PATH",
	"REGISTRIES_CONFIG_PATH",
	"REGISTRY_AUTH_FILE",
	"SSH_AUTH_SOCK",
	"SSL_CERT_DIR",
	"SSL_CERT_FILE",
	"STORAGE_DRIVER",
	"STORAGE_OPTS",
	"TMPDIR",
	"USER",
	"XDG_CACHE_HOME",
	"XDG_CONFIG_HOME",
	"XDG_DATA_HOME",
	"XDG_RUNTIME_DIR",
	"http_proxy",
	"https_proxy",
	"no_proxy",
};

bool
kg_engine_hands_on(const char *name)
{
	for (size_t i = 0; i < sizeof(handed_on) / sizeof(handed_on[0]); i++)
		if (strcmp(handed_on[i], name) == 0)
			return true;
	return false;
}

static const char *const *
environment(struct kg_arena *arena)
{
	KG_LIST(const char *) all = { 0 };

	for (size_t i = 0; i < sizeof(handed_on) / sizeof(handed_on[0]); i++) {
		const char *value = getenv(handed_on[i]);

		if (value)
			kg_list_push(arena, &all, kg_format(arena, "%s=%s", handed_on[i], value));
	}
	kg_list_push(arena, &all, NULL);
	return all.items;
}

static bool
is_program(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

const char *
kg_engine_program(struct kg_arena *arena, const char *name)
{
	const char *path = getenv("PATH");

	for (const char *at = path ? path : "/usr/local/bin:/usr/bin:/bin"; *at;) {
		size_t length = strcspn(at, ":");
		const char *candidate = kg_path_join(arena, kg_copy_bytes(arena, at, length), name);

		/* A relative part of PATH means another program in each folder. */
		if (candidate[0] == '/' && is_program(candidate))
			return candidate;
		at += length + (at[length] == ':');
	}
	return NULL;
}

static bool
engine_is_there(struct kg_arena *arena, const struct kg_engine_driver *driver, struct kg_engine *ret_engine)
{
	const char *program = kg_engine_program(arena, driver->name);

	if (program)
		*ret_engine = (struct kg_engine){ driver, program, environment(arena) };
	return program != NULL;
}

static struct kg_error *
find_among(struct kg_arena *arena, size_t count, const char *name, struct kg_engine *ret_engine)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(drivers[i]->name, name) != 0)
			continue;
		if (engine_is_there(arena, drivers[i], ret_engine))
			return NULL;
		return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "%s is not installed", name),
		    "install the package %s, or name another engine in `engine` or KGRAPH_ENGINE",
		    drivers[i] == &kg_docker ? "docker.io or docker-ce" : name);
	}
	return kg_error_advise(
	    arena, kg_error_make(arena, KG_EINPUT, "there is no container engine `%s`", name), "it is podman or docker");
}

struct kg_error *
kg_engine_find_named(struct kg_arena *arena, const char *name, struct kg_engine *ret_engine)
{
	return find_among(arena, driver_count, name, ret_engine);
}

struct kg_error *
kg_engine_find(struct kg_arena *arena, int64_t choice, struct kg_engine *ret_engine)
{
	const char *named = getenv("KGRAPH_ENGINE");

	if (choice != KG_ENGINE_AUTO)
		return kg_engine_find_named(arena, drivers[choice - KG_ENGINE_PODMAN]->name, ret_engine);
	if (named && *named && strcmp(named, "auto") != 0) {
		struct kg_error *error = find_among(arena, usual_count, named, ret_engine);

		return error ? kg_error_wrap(arena, error, "KGRAPH_ENGINE") : NULL;
	}
	for (size_t i = 0; i < usual_count; i++)
		if (engine_is_there(arena, drivers[i], ret_engine))
			return NULL;
	return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "there is no container engine on this machine"),
	    "install podman (apt-get install podman, dnf install podman) or docker");
}

const char *
kg_engine_key(struct kg_arena *arena, const void *spec)
{
	const struct kg_engine_spec *engine_spec = spec;
	struct kg_engine engine;
	struct kg_error *error = kg_engine_find(arena, engine_spec->engine, &engine);

	return error ? error->message : engine.program;
}

const char *
kg_engine_owner(const struct kg_job *job)
{
	const char *folder = job->folders->state;
	unsigned char sum[SHA256_DIGEST_LENGTH];
	struct kg_text text = { .arena = job->arena };

	SHA256((const unsigned char *)folder, strlen(folder), sum);
	for (int i = 0; i < 6; i++)
		kg_text_format(&text, "%02x", sum[i]);
	return kg_text_end(&text);
}

/* Engines take letters, digits and ._- in names; the first may not be one of the latter. */
static void
name_add(struct kg_text *text, const char *more, size_t most)
{
	for (size_t i = 0; more[i] && i < most; i++) {
		bool is_plain = isascii(more[i]) && isalnum((unsigned char)more[i]);

		if (is_plain)
			kg_text_format(text, "%c", tolower((unsigned char)more[i]));
		else if (text->size > 0 && isalnum((unsigned char)text->bytes[text->size - 1]))
			kg_text_add(text, more[i] == '.' || more[i] == '_' ? kg_copy_bytes(text->arena, more + i, 1) : "-");
	}
}

const char *
kg_engine_name(const struct kg_job *job)
{
	struct kg_text text = { .arena = job->arena };

	name_add(&text, kg_path_name(job->folders->graph), folder_name_most);
	kg_text_add(&text, text.size > 0 ? "-" : "");
	name_add(&text, job->name, SIZE_MAX);
	kg_text_format(&text, "-%.6s", kg_engine_owner(job));
	return kg_text_end(&text);
}

void
kg_arguments_add(struct kg_arguments *arguments, const char *first, ...)
{
	va_list list;

	va_start(list, first);
	for (const char *argument = first; argument; argument = va_arg(list, const char *))
		kg_list_push(arguments->arena, arguments, argument);
	va_end(list);
}

void
kg_arguments_add_list(struct kg_arguments *arguments, const char *const *list)
{
	for (; list && *list; list++)
		kg_list_push(arguments->arena, arguments, *list);
}

void
kg_arguments_add_labels(struct kg_arguments *arguments, const struct kg_job *job)
{
	struct kg_arena *arena = arguments->arena;

	kg_arguments_add(arguments, "--label", kg_format(arena, KG_LABEL_GRAPH "=%s", kg_engine_owner(job)), "--label",
	    kg_format(arena, KG_LABEL_NODE "=%s", job->name), "--label",
	    kg_format(arena, KG_LABEL_FINGERPRINT "=%s", job->fingerprint), NULL);
}

const char *const *
kg_arguments_end(struct kg_arguments *arguments)
{
	kg_list_push(arguments->arena, arguments, NULL);
	return arguments->items;
}

struct kg_child *
kg_engine_child(struct kg_job *job, const struct kg_engine *engine, const char *const *arguments, const char *const *more)
{
	struct kg_child *child = kg_new(job->arena, struct kg_child);
	struct kg_arguments argv = { .arena = job->arena }, env = { .arena = job->arena };

	kg_arguments_add(&argv, engine->program, NULL);
	kg_arguments_add_list(&argv, arguments);
	/* Of two of one name programs take the first. */
	kg_arguments_add_list(&env, more);
	kg_arguments_add_list(&env, engine->environment);
	child->argv = kg_arguments_end(&argv);
	child->env = kg_arguments_end(&env);
	return child;
}

struct kg_next
kg_engine_ask(struct kg_job *job, const struct kg_engine *engine, const char *const *arguments, kg_step *then)
{
	struct kg_child *child = kg_engine_child(job, engine, arguments, NULL);

	child->capture = child->quiet = true;
	child->capture_limit = listing_limit_bytes;
	child->timeout_ms = ask_limit_ms;
	return kg_wait_child(job, child, then);
}

/* The last line that says what is wrong, without what engines put before it; NULL when there is none. */
static const char *
words_of(struct kg_arena *arena, const char *lines)
{
	static const char *const before[] = { "docker: ", "Error: ", "ERROR: ", "Error response from daemon: ", "error: " };
	const char *found = NULL, *last = NULL;

	for (const char *at = lines; *at;) {
		size_t length = strcspn(at, "\n");
		const char *line = kg_copy_bytes(arena, at, length);

		if (kg_text_starts(line, "Error") || kg_text_starts(line, "ERROR") || kg_text_starts(line, "docker: "))
			found = line;
		if (length > 0 && !kg_text_starts(line, "See 'docker") && !kg_text_starts(line, "Run 'docker"))
			last = line;
		at += length + (at[length] == '\n');
	}
	found = found ? found : last;
	for (size_t i = 0; found && i < sizeof(before) / sizeof(before[0]); i++)
		if (kg_text_starts(found, before[i]))
			found += strlen(before[i]);
	return found;
}

struct kg_error *
kg_engine_error(struct kg_job *job, const struct kg_engine *engine, const char *doing)
{
	struct kg_arena *arena = job->arena;
	const char *lines = job->child.last_lines, *words = words_of(arena, lines), *name = engine->driver->name;
	struct kg_error *error;

	if (job->timed_out)
		error = kg_error_make(arena, KG_ETIME, "cannot %s: %s did not end in time", doing, name);
	else if (job->child.signal)
		error =
		    kg_error_make(arena, KG_ECHILD, "cannot %s: %s was ended by signal %d", doing, name, (int)job->child.signal);
	else if (words)
		error = kg_error_make(arena, KG_EFAILED, "cannot %s: %s", doing, words);
	else
		error = kg_error_make(arena, KG_ECHILD, "cannot %s: %s ended with status %d", doing, name, (int)job->child.status);
	if (*lines && strcspn(lines, "\n") + 1 < strlen(lines))
		error->detail = lines;
	if (strstr(lines, "Cannot connect to the Docker daemon") || strstr(lines, "failed to connect to the docker API"))
		return kg_error_advise(
		    arena, error, "start docker's daemon (systemctl start docker), or use podman: KGRAPH_ENGINE=podman");
	if (strstr(lines, "permission denied while trying to connect to the"))
		return kg_error_advise(
		    arena, error, "docker's socket is for root and the group docker; podman needs neither: KGRAPH_ENGINE=podman");
	return error;
}
