/* [cache]: the registry that shares what was made among machines. */

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/oci_url.h"
#include "engine/base/text.h"
#include "graph/reader.h"

static constexpr int64_t timeout_shortest_ms = 100, timeout_longest_ms = 3600 * 1000;

static void
remote_read(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said)
{
	struct kg_draft *draft = reader->draft;
	const char *text = kg_reader_closed_or_empty(reader, scope, said, "`remote` in [cache]"), *advice, *why;
	struct kg_oci_url url;

	/* Empty is what a variable says where there is none. */
	if (!text || !*text)
		return;
	why = kg_oci_url_read(reader->arena, text, &url, &advice);
	if (!why) {
		draft->cache_remote = kg_format(draft->arena, "oci://%s/%s", url.host, url.path);
		return;
	}
	struct kg_error *error =
	    kg_reader_complain(reader, kg_reader_place(scope, said), "`remote` is not the URL of a shared cache: %s", why);
	(void)kg_error_advise(draft->errors->arena, error, "%s", advice);
}

/* Also the text that a variable of the environment brings. */
static void
push_read(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said)
{
	struct kg_scalar scalar = kg_reader_scalar(reader, scope, said);

	if (scalar.type == KG_VALUE_NONE)
		return;
	const char *text = kg_reader_as_text(reader, scalar).text;
	bool is_yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;

	if (!is_yes && *text && strcmp(text, "false") != 0 && strcmp(text, "0") != 0) {
		struct kg_error *error = kg_reader_complain(
		    reader, kg_reader_place(scope, said), "`push` in [cache] must be true or false, and is `%s`", text);
		(void)kg_error_advise(
		    reader->draft->errors->arena, error, "for a variable that may be unset, write \"${env.CI:-false}\"");
	}
	reader->draft->cache_push = is_yes;
}

static void
timeout_read(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said)
{
	const char *text = kg_reader_closed_text(reader, scope, said, "`timeout` in [cache]");
	int64_t time_ms = 0;

	if (!text)
		return;
	if (kg_duration_read(text, &time_ms) && time_ms >= timeout_shortest_ms && time_ms <= timeout_longest_ms)
		reader->draft->cache_timeout_ms = time_ms;
	else
		(void)kg_reader_complain(
		    reader, kg_reader_place(scope, said), "`timeout` in [cache] must be a time from 100ms to 1h, such as \"10s\"");
}

void
kg_reader_cache(struct kg_reader *reader, const struct kg_scope *scope)
{
	static const char *const known[] = { "remote", "push", "timeout", NULL };
	const struct kg_toml *cache = kg_reader_section(reader, scope, "cache"), *said;

	/* The cache is the whole graph's. The scopes come from the root outwards, and what the outermost one says counts. */
	if (!cache || reader->is_cache_said)
		return;
	reader->is_cache_said = true;
	kg_reader_check_keys(reader, scope, cache, known, "in [cache]");
	if ((said = kg_toml_member(cache, "remote")))
		remote_read(reader, scope, said);
	else
		(void)kg_reader_complain(reader, kg_reader_place(scope, cache), "[cache] does not say where: `remote` is missing");
	if ((said = kg_toml_member(cache, "push")))
		push_read(reader, scope, said);
	if ((said = kg_toml_member(cache, "timeout")))
		timeout_read(reader, scope, said);
}
