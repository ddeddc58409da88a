/*
 * The log of a node: what its daemon or container prints, or, when it has none, what its last run printed.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/ledger.h"
#include "engine/base/arena.h"
#include "engine/base/mask.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/cli/checkout.h"
#include "engine/cli/cli.h"
#include "engine/cli/kinds.h"
#include "engine/cli/logs_program.h"
#include "engine/cli/logs_show.h"
#include "engine/cli/session.h"
#include "engine/target.h"

/* A follower asks at least this often, for file systems that tell nothing of changes. */
static constexpr int longest_wait_ms = 1000;

struct log {
	const char *path; /* NULL: not found yet */
	int fd;
	struct stat stat; /* of the file that fd reads */
};

static void
candidate_take(struct log *log, const char *path)
{
	struct stat stat_buffer;

	if (!log->path && stat(path, &stat_buffer) == 0 && S_ISREG(stat_buffer.st_mode))
		log->path = path;
}

static int
is_run(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Runs sort by name, which starts with their time: the last one in which the node printed something. */
static void
last_run_take(struct kg_arena *arena, struct log *log, const char *state, const char *node)
{
	const char *folder = kg_path_join(arena, state, "runs");
	struct dirent **runs;
	int count = scandir(folder, &runs, is_run, alphasort);

	for (int i = count - 1; i >= 0; i--) {
		candidate_take(log, kg_format(arena, "%s/%s/%s.log", folder, runs[i]->d_name, node));
		free(runs[i]);
	}
	if (count >= 0)
		free(runs);
}

/* What the ledger says of a daemon's log; nothing when there is no ledger. */
static struct kg_error *
remembered_take(struct kg_arena *arena, struct log *log, const char *state, const char *node)
{
	const struct kg_entry *entry = NULL;
	struct kg_ledger *ledger;

	if (access(state, F_OK) < 0)
		return NULL;
	struct kg_error *error = kg_ledger_open_reading(arena, state, &ledger);
	if (error)
		return error->code == KG_EINPUT ? NULL : error;
	error = kg_ledger_find(ledger, arena, node, &entry);
	for (uint32_t i = 0; !error && entry && i < entry->output_count; i++)
		if (strcmp(entry->outputs[i].key, "log") == 0)
			candidate_take(log, kg_copy(arena, entry->outputs[i].value));
	kg_ledger_close(ledger);
	return error;
}

static struct kg_error *
log_find(struct kg_cli *cli, const struct kg_checkout *checkout, const char *node, struct log *ret_log)
{
	*ret_log = (struct log){ .fd = -1 };
	struct kg_error *error = remembered_take(cli->arena, ret_log, checkout->state, node);
	if (error)
		return error;
	/* A daemon that never got ready is in no ledger yet. */
	candidate_take(ret_log, kg_format(cli->arena, "%s/nodes/%s/log", checkout->state, node));
	last_run_take(cli->arena, ret_log, checkout->state, node);
	if (ret_log->path)
		return NULL;
	if (kg_graph_find(checkout->graph, node) != KG_NO_NODE)
		return kg_error_make(cli->arena, KG_EFAILED, "`%s` has printed nothing yet", node);
	error = kg_error_make(cli->arena, KG_EINPUT, "there is no node `%s`", node);
	const char *nearest = kg_text_nearest(node, kg_graph_names(cli->arena, checkout->graph, false, true));
	return nearest ? kg_error_advise(cli->arena, error, "did you mean `%s`?", nearest) : error;
}

/* Where the last `lines` lines start; read from the end, since a log may be long. */
static off_t
tail_start(int fd, int64_t lines)
{
	char piece[65536];
	off_t at = lseek(fd, 0, SEEK_END), end = at;

	if (lines == 0)
		return end;
	while (at > 0) {
		size_t size = at < (off_t)sizeof(piece) ? (size_t)at : sizeof(piece);
		ssize_t got = pread(fd, piece, size, at - (off_t)size);

		if (got <= 0)
			return 0;
		at -= got;
		for (ssize_t i = got; i > 0; i--)
			/* The end of the last line ends a line that is wanted, and starts none. */
			if (piece[i - 1] == '\n' && at + i != end && --lines == 0)
				return at + i;
	}
	return 0;
}

/* All that is there from where fd stands. False when nobody reads any more. */
static bool
rest_print(int fd)
{
	char piece[65536];
	ssize_t got;

	while ((got = read(fd, piece, sizeof(piece))) > 0)
		if (fwrite(piece, 1, (size_t)got, stdout) != (size_t)got)
			return false;
	return fflush(stdout) == 0;
}

/* The log was put aside and a new one begun (by its size limit, or by a new start), or it was emptied. */
static void
log_turn(struct log *log)
{
	struct stat now;

	if (stat(log->path, &now) < 0)
		return;
	if (now.st_ino != log->stat.st_ino || now.st_dev != log->stat.st_dev) {
		int fd = open(log->path, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || !rest_print(log->fd)) {
			if (fd >= 0)
				close(fd);
			return;
		}
		close(log->fd);
		log->fd = fd;
		log->stat = now;
	} else if (now.st_size < lseek(log->fd, 0, SEEK_CUR)) {
		lseek(log->fd, 0, SEEK_SET);
	}
}

static void
follow(struct log *log)
{
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char folder[4096], events[4096];

	snprintf(folder, sizeof(folder), "%.*s", (int)(kg_path_name(log->path) - log->path), log->path);
	if (watch >= 0)
		inotify_add_watch(watch, folder, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE);
	while (rest_print(log->fd)) {
		/* Who only reads what is piped to it tells that it has gone by this alone while nothing is written. */
		struct pollfd fds[] = { { .fd = watch, .events = POLLIN }, { .fd = STDOUT_FILENO } };

		if (poll(fds, 2, longest_wait_ms) < 0 && errno != EINTR)
			break;
		if (fds[1].revents & (POLLERR | POLLHUP))
			break;
		while (watch >= 0 && read(watch, events, sizeof(events)) > 0)
			;
		log_turn(log);
	}
	if (watch >= 0)
		close(watch);
}

/*
 * The kind of a node that was brought up, or begun; NULL when it was not. *ret_argv: the command line that prints the log of what keeps one itself; NULL
 * when the node has none.
 */
static const struct kg_kind *
kind_of(struct kg_cli *cli, const struct kg_checkout *checkout, const char *node, const char *const **ret_argv)
{
	const struct kg_options *options = &cli->asked.options;
	const struct kg_entry *entry = NULL;
	struct kg_ledger *ledger;

	*ret_argv = NULL;

	if (access(checkout->state, F_OK) < 0 || kg_ledger_open_reading(cli->arena, checkout->state, &ledger))
		return NULL;
	struct kg_error *error = kg_ledger_find(ledger, cli->arena, node, &entry);
	const struct kg_kind *kind = !error && entry ? kg_kinds_find(entry->kind) : NULL;
	if (kind && kind->logs) {
		struct kg_pair *outputs = kg_new_array(cli->arena, struct kg_pair, entry->output_count + 1);

		for (uint32_t i = 0; i < entry->output_count; i++)
			outputs[i] = (struct kg_pair){ kg_copy(cli->arena, entry->outputs[i].key),
				kg_copy(cli->arena, entry->outputs[i].value) };
		*ret_argv = kind->logs(cli->arena, outputs, options->follow, options->lines);
	}
	kg_ledger_close(ledger);
	return kind;
}

/* What `secret` lists under `env` may be written out in the graph. */
static void
secrets_mask(const struct kg_graph *graph, const char *node, struct kg_mask *mask)
{
	uint32_t index = kg_graph_find(graph, node);

	if (index == KG_NO_NODE)
		return;
	const struct kg_value *settings = &graph->values.items[graph->nodes[index].settings];
	const struct kg_value *env = kg_value_member(&graph->values, settings, "env");
	if (!env || !kg_value_member(&graph->values, settings, "secret"))
		return;
	for (uint32_t i = 0; i < env->count; i++) {
		const struct kg_value *value = &graph->values.items[env->start + i];

		if (value->type == KG_VALUE_TEXT)
			kg_mask_add(mask, kg_value_text(&graph->values, value));
	}
}

/* True when the node's thing keeps its own log, and that was printed. */
static bool
program_print(struct kg_cli *cli, const struct kg_checkout *checkout, const char *node, const char *const *argv)
{
	struct kg_session session = { .cli = cli, .reading = true, .checkout = *checkout };

	if (kg_session_open_run(&session) != 0)
		return false;
	/* Our own copy: the run's is closed before the log is, which may be followed for hours. */
	struct kg_mask mask = { .arena = cli->arena };
	const struct kg_mask *known = kg_run_mask(session.run);
	for (uint32_t i = 0; i < known->count; i++)
		kg_mask_add(&mask, known->values[i]);
	secrets_mask(checkout->graph, node, &mask);
	kg_session_close(&session);
	return kg_logs_program(cli->arena, &mask, argv);
}

/* By the node's kind. False: its own log is to be printed; *ret_none is why, or "". */
static bool
kind_print(struct kg_cli *cli, const struct kg_checkout *checkout, const char *node, const char **ret_none, int *ret_status)
{
	const char *const *argv;
	const struct kg_kind *kind = kind_of(cli, checkout, node, &argv);

	*ret_status = KG_EXIT_UP;
	*ret_none = "";
	if (argv && program_print(cli, checkout, node, argv))
		return true;
	if (kind && kind->show)
		*ret_status = kg_logs_show(cli, checkout, node, ret_none);
	return !*ret_none;
}

int
kg_command_logs(struct kg_cli *cli)
{
	struct kg_checkout checkout;
	struct log log;
	int status = kg_checkout_open(cli, &checkout);
	const char *node = cli->asked.arguments[0], *none;

	if (status != 0 || kind_print(cli, &checkout, node, &none, &status))
		return status;
	struct kg_error *error = log_find(cli, &checkout, node, &log);
	if (error)
		return kg_cli_fail(cli, *none ? kg_error_wrap(cli->arena, error, "%s", none) : error);
	if (*none && !cli->asked.options.quiet)
		fprintf(stderr, "%s: %s; this is what it printed when it was brought up\n", node, none);
	log.fd = open(log.path, O_RDONLY | O_CLOEXEC);
	if (log.fd < 0 || fstat(log.fd, &log.stat) < 0)
		return kg_cli_fail(cli, kg_error_system(cli->arena, errno, "cannot open %s", log.path));
	if (cli->asked.options.verbose)
		fprintf(stderr, "%s\n", log.path);
	if (cli->asked.options.lines >= 0)
		lseek(log.fd, tail_start(log.fd, cli->asked.options.lines), SEEK_SET);
	if (cli->asked.options.follow)
		follow(&log);
	else
		rest_print(log.fd);
	close(log.fd);
	return KG_EXIT_UP;
}
