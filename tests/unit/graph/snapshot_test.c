#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "graph/snapshot.h"
#include "tests/unit/graph/by_hand.h"

/* A graph with something of everything, the file that it is said to come from, and the snapshot's path. */
struct world {
	struct by_hand *hand;
	char folder[64];
	const char *toml, *snapshot;
	const struct kg_graph *graph;
	struct kg_graph_source source;
	struct kg_graph_origin origin;
	const char *variable; /* value of DB_PASSWORD; NULL: unset */
};

static const char *
environment(void *context, const char *name)
{
	struct world *world = context;

	return strcmp(name, "DB_PASSWORD") == 0 ? world->variable : NULL;
}

static void
file_write(struct kg_arena *arena, const char *path, const void *bytes, size_t size)
{
	struct kg_error *error = kg_file_write(arena, path, bytes, size, 0600);

	assert_null(error);
}

static void
origin_stat(struct world *world)
{
	struct stat now;

	assert_int_equal(stat(world->toml, &now), 0);
	world->origin.files[0] = (struct kg_origin_file){
		.path = world->toml,
		.size = now.st_size,
		.mtime_ns = now.st_mtim.tv_sec * 1000000000 + now.st_mtim.tv_nsec,
		.ctime_ns = now.st_ctim.tv_sec * 1000000000 + now.st_ctim.tv_nsec,
		.inode = now.st_ino,
		.device = now.st_dev,
	};
	/* As if the file had been there for long. */
	world->origin.begun_ns = kg_clock_wall_ns() + 3000000000;
}

static void
draft_fill(struct by_hand *hand)
{
	by_hand_port(hand, "http");
	by_hand_secret(hand, "password");
	by_hand_pool(hand, "build");
	by_hand_export(hand, "URL", "http://127.0.0.1:${port.http}");
	uint32_t b = by_hand_command(hand, "b", 1, "${node.a.path} ${secrets.password} ${dir.state}");
	by_hand_command(hand, "a", 2, "x");
	by_hand_node(hand, "c", "file", 3, BY_HAND_VALUES(by_hand_text(hand, "path", "p")));
	by_hand_need_ready(hand, b, "c", 1, 1);
	by_hand_target(hand, "all", 4, (const char *const[]){ "b", NULL });
	hand->draft.default_target = "all";
	hand->draft.cache_remote = "oci://registry.test/cache";
	hand->draft.cache_push = true;
	hand->draft.cache_timeout_ms = 2500;
}

static struct world *
world_make(void)
{
	static const char *const sets[] = { "consumer=gateway", NULL };
	struct by_hand *hand = by_hand_make();
	struct world *world = kg_new(hand->arena, struct world);

	world->hand = hand;
	strcpy(world->folder, "/tmp/kgraph-snapshot.XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	world->toml = kg_format(hand->arena, "%s/kgraph.toml", world->folder);
	world->snapshot = kg_format(hand->arena, "%s/graph.bin", world->folder);
	file_write(hand->arena, world->toml, "one", 3);
	draft_fill(hand);
	world->graph = kg_draft_seal(&hand->draft);
	assert_non_null(world->graph);
	world->variable = "test_password";
	world->source = (struct kg_graph_source){
		.file = world->toml,
		.profile = "local",
		.sets = sets,
		.facts = hand->draft.facts,
		.environment = environment,
		.context = world,
	};
	world->origin.files = kg_new(hand->arena, struct kg_origin_file);
	world->origin.file_count = 1;
	world->origin.variables = kg_new_array(hand->arena, struct kg_origin_variable, 2);
	world->origin.variables[0] = (struct kg_origin_variable){ "DB_PASSWORD", "test_password" };
	world->origin.variables[1] = (struct kg_origin_variable){ "KGRAPH_VAR_x", NULL };
	world->origin.variable_count = 2;
	origin_stat(world);
	return world;
}

static void
world_write(struct world *world)
{
	struct kg_error *error =
	    kg_snapshot_write(world->hand->arena, world->snapshot, world->graph, &world->origin, &world->source);

	assert_null(error);
}

static const struct kg_graph *
world_map(struct world *world)
{
	return kg_snapshot_map(world->hand->arena, world->snapshot, &world->source);
}

static void
world_free(struct world *world)
{
	struct kg_error *error = kg_file_remove(world->hand->arena, world->folder);

	assert_null(error);
	by_hand_free(world->hand);
}

static void
what_is_mapped_is_what_was_written(void **)
{
	struct world *world = world_make();
	const struct kg_graph *old = world->graph;

	world_write(world);
	const struct kg_graph *new = world_map(world);
	assert_non_null(new);
	assert_int_equal(new->node_count, 3);
	assert_memory_equal(new->nodes, old->nodes, old->node_count * sizeof(*old->nodes));
	assert_memory_equal(new->edges, old->edges, old->edge_count * sizeof(*old->edges));
	assert_memory_equal(new->users, old->users, old->user_count * sizeof(*old->users));
	assert_memory_equal(new->values.items, old->values.items, old->values.count * sizeof(*old->values.items));
	assert_memory_equal(new->values.texts, old->values.texts, old->values.texts_size);
	assert_int_equal(new->reference_count, 4);
	assert_int_equal(kg_graph_find(new, "b"), 2);
	assert_int_equal(kg_graph_find(new, "d"), KG_NO_NODE);
	assert_string_equal(kg_graph_text(new, new->default_target), "all");
	assert_string_equal(kg_graph_text(new, new->cache_remote), "oci://registry.test/cache");
	assert_true(new->cache_push);
	assert_int_equal(new->cache_timeout_ms, 2500);
	assert_string_equal(kg_graph_text(new, new->exports[0].name), "URL");
	world_free(world);
}

static void
what_was_read_from_files_is_found_again(void **)
{
	static const char text[] = "[node.a]\nkind = \"command\"\nshell = \"${env.DB_PASSWORD}\"\n";
	struct world *world = world_make();
	struct kg_errors errors = { .arena = world->hand->arena };

	world->source.profile = NULL;
	world->source.sets = NULL;
	file_write(world->hand->arena, world->toml, text, strlen(text));
	kg_graph_read(world->hand->arena, &world->source, &errors, &world->graph, &world->origin);
	assert_int_equal(errors.count, 0);
	assert_int_not_equal(world->origin.begun_ns, 0);
	world->origin.begun_ns += 3000000000;
	world_write(world);
	const struct kg_graph *graph = world_map(world);
	assert_non_null(graph);
	assert_int_not_equal(kg_graph_find(graph, "a"), KG_NO_NODE);
	world->variable = "other";
	assert_null(world_map(world));
	world_free(world);
}

static void
nobody_else_may_read_it(void **)
{
	struct world *world = world_make();
	struct stat now;

	world_write(world);
	assert_int_equal(stat(world->snapshot, &now), 0);
	assert_int_equal(now.st_mode & 07777, 0600);
	world_free(world);
}

static void
a_changed_file_makes_it_stale(void **)
{
	struct world *world = world_make();

	world_write(world);
	file_write(world->hand->arena, world->toml, "two", 3);
	assert_null(world_map(world));
	assert_int_equal(unlink(world->toml), 0);
	assert_null(world_map(world));
	world_free(world);
}

static void
a_changed_variable_makes_it_stale(void **)
{
	struct world *world = world_make();

	world_write(world);
	world->variable = "other";
	assert_null(world_map(world));
	world->variable = NULL;
	assert_null(world_map(world));
	world->variable = "test_password";
	assert_non_null(world_map(world));
	world_free(world);
}

static void
another_question_does_not_find_it(void **)
{
	struct world *world = world_make();
	const struct kg_graph_source source = world->source;

	world_write(world);
	world->source.profile = NULL;
	assert_null(world_map(world));
	world->source = source;
	world->source.sets = NULL;
	assert_null(world_map(world));
	world->source.sets = (const char *const[]){ "consumer=", "gateway", NULL };
	assert_null(world_map(world));
	world->source = source;
	world->source.file = "other.toml";
	assert_null(world_map(world));
	world_free(world);
}

static void
other_kinds_do_not_read_it(void **)
{
	struct world *world = world_make();
	struct kg_facts_set facts = *world->source.facts;
	struct kg_facts kind = *facts.kinds[0];
	const struct kg_facts *kinds[] = { &kind, facts.kinds[1] };

	world_write(world);
	facts.kinds = kinds;
	world->source.facts = &facts;
	assert_non_null(world_map(world));
	kind.version++;
	assert_null(world_map(world));
	kind.version--;
	kind.fields++;
	assert_null(world_map(world));
	world_free(world);
}

static void
a_file_as_new_as_the_reading_is_not_vouched_for(void **)
{
	struct world *world = world_make();

	world->origin.begun_ns = world->origin.files[0].ctime_ns + 10000000;
	world_write(world);
	assert_int_equal(access(world->snapshot, F_OK), -1);
	world->origin.begun_ns = world->origin.files[0].ctime_ns + 30000000;
	world_write(world);
	assert_int_equal(access(world->snapshot, F_OK), 0);
	world_free(world);
}

static void
a_missing_or_empty_file_is_no_snapshot(void **)
{
	struct world *world = world_make();

	assert_null(world_map(world));
	file_write(world->hand->arena, world->snapshot, "", 0);
	assert_null(world_map(world));
	file_write(world->hand->arena, world->snapshot, "kgraph\n", 8);
	assert_null(world_map(world));
	world_free(world);
}

static void
every_changed_byte_and_every_shorter_length_is_refused(void **)
{
	struct world *world = world_make();
	struct kg_snapshot snapshot;
	struct kg_graph graph;
	const char *bytes;
	size_t size;

	world_write(world);
	assert_null(kg_file_read(world->hand->arena, world->snapshot, &bytes, &size));
	char *copy = kg_copy_bytes(world->hand->arena, bytes, size);
	assert_true(kg_snapshot_read(copy, size, world->source.facts, &snapshot, &graph));
	for (size_t at = 0; at < size; at++) {
		copy[at] ^= 0x40;
		if (kg_snapshot_read(copy, size, world->source.facts, &snapshot, &graph))
			fail_msg("a change of byte %zu is not seen", at);
		copy[at] ^= 0x40;
		if (kg_snapshot_read(copy, at, world->source.facts, &snapshot, &graph))
			fail_msg("%zu bytes are taken for the whole", at);
	}
	world_free(world);
}

/* Goes everywhere that a run would go; UBSan and ASan watch. */
static void
graph_walk(struct kg_arena *arena, const struct kg_graph *graph)
{
	uint8_t *chosen;

	for (uint32_t i = 0; i < graph->node_count; i++)
		(void)kg_graph_find(graph, kg_graph_text(graph, graph->nodes[i].name));
	(void)kg_graph_find(graph, "no such node");
	if (kg_graph_select(arena, graph, NULL, &chosen))
		return;
	for (uint32_t i = 0; i < graph->node_count; i++)
		(void)kg_value_pack(arena, &graph->values, &graph->values.items[graph->nodes[i].settings]);
}

static void
a_file_that_was_made_wrong_on_purpose_can_be_followed_or_is_refused(void **)
{
	static const uint32_t words[] = { 0, 1, 2, 3, 7, 0x80, 0x7fffffff, 0xffffffff };
	struct world *world = world_make();
	struct kg_arena *arena = kg_arena_make();
	struct kg_snapshot snapshot;
	struct kg_graph graph;
	const char *bytes;
	size_t size;

	world_write(world);
	assert_null(kg_file_read(world->hand->arena, world->snapshot, &bytes, &size));
	char *copy = kg_copy_bytes(world->hand->arena, bytes, size);
	struct kg_snapshot_head *head = (struct kg_snapshot_head *)copy;
	for (size_t at = kg_snapshot_checked_from; at < size; at += 4)
		for (size_t word = 0; word < sizeof(words) / sizeof(words[0]); word++) {
			memcpy(copy + at, &words[word], 4);
			head->checksum = kg_snapshot_checksum(copy, size);
			if (kg_snapshot_read(copy, size, world->source.facts, &snapshot, &graph))
				graph_walk(arena, &graph);
			kg_arena_empty(arena);
			memcpy(copy + at, bytes + at, 4);
		}
	kg_arena_free(arena);
	world_free(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_mapped_is_what_was_written),
		cmocka_unit_test(what_was_read_from_files_is_found_again),
		cmocka_unit_test(nobody_else_may_read_it),
		cmocka_unit_test(a_changed_file_makes_it_stale),
		cmocka_unit_test(a_changed_variable_makes_it_stale),
		cmocka_unit_test(another_question_does_not_find_it),
		cmocka_unit_test(other_kinds_do_not_read_it),
		cmocka_unit_test(a_file_as_new_as_the_reading_is_not_vouched_for),
		cmocka_unit_test(a_missing_or_empty_file_is_no_snapshot),
		cmocka_unit_test(every_changed_byte_and_every_shorter_length_is_refused),
		cmocka_unit_test(a_file_that_was_made_wrong_on_purpose_can_be_followed_or_is_refused),
	};

	return cmocka_run_group_tests_name("snapshot", tests, nullptr, nullptr);
}
