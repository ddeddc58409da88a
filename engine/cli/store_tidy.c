#include "engine/cli/store_tidy.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/field.h"
#include "engine/base/path.h"
#include "engine/cli/checkout.h"
#include "engine/cli/cli.h"

static const char limit_variable[] = "KGRAPH_STORE_SIZE";
static constexpr int64_t default_limit_bytes = (int64_t)10 << 30;
static constexpr time_t pause_s = 24 * 3600;

struct kg_error *
kg_store_limit(struct kg_cli *cli, int64_t *ret_limit_bytes)
{
	const char *text = getenv(limit_variable);

	*ret_limit_bytes = default_limit_bytes;
	if (!text || !*text || kg_size_read(text, ret_limit_bytes))
		return NULL;
	return kg_error_advise(cli->arena, kg_error_make(cli->arena, KG_EINPUT, "%s is no size: %s", limit_variable, text),
	    "sizes have units: 512M, 5G");
}

/* An empty file beside the store; its time is that of the last collection. */
static const char *
stamp_path(struct kg_cli *cli)
{
	const char *folder = kg_user_store_folder(cli->arena);

	return folder ? kg_path_join(cli->arena, folder, "../store-collected") : NULL;
}

void
kg_store_tidied(struct kg_cli *cli)
{
	const char *stamp = stamp_path(cli);
	int fd = stamp ? open(stamp, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

	if (fd >= 0) {
		futimens(fd, NULL);
		close(fd);
	}
}

/* In a session of its own, so that neither Ctrl-C nor the end of the terminal reaches it. */
static void
collection_start(void)
{
	static char name[] = "kgraph", gc[] = "gc", quiet[] = "--quiet";
	char *argv[] = { name, gc, quiet, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
	posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
}

void
kg_store_tidy(struct kg_cli *cli)
{
	const char *stamp = stamp_path(cli);
	struct stat last;

	if (!stamp || cli->asked.options.no_store)
		return;
	if (stat(stamp, &last) < 0) {
		kg_store_tidied(cli); /* a store that is new has a day before it is looked at */
		return;
	}
	if (time(NULL) - last.st_mtime < pause_s)
		return;
	/* Stamped first, so that runs that end at the same time start one collection and not one each. */
	kg_store_tidied(cli);
	collection_start();
}
