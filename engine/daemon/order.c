#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/mask.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/daemon/daemon.h"
#include "engine/daemon/user.h"

/* kgraph is one file: the holder's program is inside, and put on disk when it is first needed. */
static const unsigned char holder_program[] = {
#embed "kgraph-holder"
};

/*
 * A file and not a memfd: programs without one look like an attack to those who watch machines for attacks, and many holders share a
 * file's pages. It is compared by content, so that another version of kgraph puts its own in place; holders that
 * run keep theirs.
 */
struct kg_error *
kg_daemon_holder_program(struct kg_arena *arena, const char *folder, const char **ret_path)
{
	const char *path = kg_path_join(arena, folder, "kgraph-holder"), *bytes;
	size_t size;

	*ret_path = path;
	if (!kg_file_read(arena, path, &bytes, &size) && size == sizeof(holder_program) && memcmp(bytes, holder_program, size) == 0)
		return NULL;
	struct kg_error *error = kg_file_write(arena, path, holder_program, sizeof(holder_program), 0700);
	return error ? kg_error_wrap(arena, error, "cannot put the daemons' holder in place") : NULL;
}

static void
entry_add(struct kg_text *text, const char *key, const char *value)
{
	kg_text_add(text, key);
	kg_text_add(text, "=");
	kg_text_add_bytes(text, value, strlen(value) + 1);
}

static void
number_add(struct kg_text *text, const char *key, int64_t value)
{
	kg_text_format(text, "%s=%" PRId64, key, value);
	kg_text_add_bytes(text, "", 1);
}

static void
user_add(struct kg_text *text, const struct kg_user *user)
{
	number_add(text, "uid", user->uid);
	number_add(text, "gid", user->gid);
	for (size_t i = 0; i < user->group_count; i++)
		number_add(text, "group", user->groups[i]);
}

const char *
kg_daemon_request(struct kg_arena *arena, const struct kg_daemon_order *order, size_t *ret_size)
{
	struct kg_text text = { .arena = arena };

	entry_add(&text, "node", order->node);
	entry_add(&text, "status", kg_daemon_status_path(arena, order->keep));
	entry_add(&text, "lock", kg_daemon_lock_path(arena, order->keep));
	entry_add(&text, "log", kg_daemon_log_path(arena, order->keep));
	number_add(&text, "log_limit", order->log_limit_bytes);
	entry_add(&text, "fingerprint", order->fingerprint);
	number_add(&text, "stop_signal", order->stop_signal);
	number_add(&text, "stop_after_ms", order->stop_after_ms);
	entry_add(&text, "cwd", order->cwd);
	if (order->user)
		user_add(&text, order->user);
	entry_add(&text, "program", order->program);
	for (const char *const *at = order->argv; *at; at++)
		entry_add(&text, "argument", *at);
	for (const char *const *at = order->env; *at; at++)
		entry_add(&text, "environment", *at);
	for (uint32_t i = 0; order->mask && i < order->mask->count; i++)
		entry_add(&text, "secret", order->mask->values[i]);
	entry_add(&text, "end", "");
	*ret_size = text.size;
	return text.bytes;
}
