/*
 * Any bytes as a snapshot, with a checksum that is right: it is refused, or all of the graph in it can be gone through. An input is a list of
 * changes to a good snapshot, each an offset (two bytes) and what is put there (four bytes); when its first byte is odd, the rest
 * is the whole file.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "graph/snapshot.h"
#include "tests/unit/graph/by_hand.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct by_hand *hand;
static const char *good;
static size_t good_size;

static void
good_make(void)
{
	char path[] = "/tmp/kgraph-snapshot-fuzz.XXXXXX";
	struct kg_graph_source source = { .file = "kgraph.toml" };

	hand = by_hand_make();
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
	const struct kg_graph *graph = kg_draft_seal(&hand->draft);
	kg_assert(graph);

	struct kg_graph_origin origin = {
		.files = &(struct kg_origin_file){ .path = "kgraph.toml" },
		.file_count = 1,
		.variables = &(struct kg_origin_variable){ "HOME", "/root" },
		.variable_count = 1,
	};
	source.facts = hand->draft.facts;
	int fd = mkstemp(path);
	kg_assert(fd >= 0);
	close(fd);
	kg_assert(!kg_snapshot_write(hand->arena, path, graph, &origin, &source));
	kg_assert(!kg_file_read(hand->arena, path, &good, &good_size));
	unlink(path);
}

static void
graph_walk(struct kg_arena *arena, const struct kg_graph *graph)
{
	uint8_t *chosen;

	for (uint32_t i = 0; i < graph->node_count; i++) {
		(void)kg_graph_find(graph, kg_graph_text(graph, graph->nodes[i].name));
		(void)kg_value_pack(arena, &graph->values, &graph->values.items[graph->nodes[i].settings]);
	}
	for (uint32_t i = 0; i < graph->reference_count; i++)
		kg_assert(strlen(kg_graph_text(graph, graph->references[i].key)) < graph->values.texts_size);
	if (kg_graph_select(arena, graph, NULL, &chosen))
		chosen = NULL;
	for (enum kg_export_form form = KG_EXPORT_DOT; form <= KG_EXPORT_JSON; form++)
		(void)kg_graph_draw(arena, graph, hand->draft.facts, chosen, form);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_snapshot snapshot;
	struct kg_graph graph;

	if (!hand)
		good_make();
	bool is_whole = size > sizeof(struct kg_snapshot_head) && bytes[0] % 2 == 1;
	size_t file_size = is_whole ? size - 1 : good_size;
	char *file = kg_copy_bytes(arena, is_whole ? (const char *)bytes + 1 : good, file_size);
	for (size_t at = 1; !is_whole && at + 6 <= size; at += 6) {
		size_t offset = (size_t)(bytes[at] | bytes[at + 1] << 8) % (file_size - 3);

		memcpy(file + offset, bytes + at + 2, 4);
	}
	if (file_size >= sizeof(struct kg_snapshot_head)) {
		struct kg_snapshot_head *head = (struct kg_snapshot_head *)file;

		memcpy(head->magic, good, sizeof(head->magic));
		head->size = file_size;
		head->checksum = kg_snapshot_checksum(file, file_size);
	}
	if (kg_snapshot_read(file, file_size, hand->draft.facts, &snapshot, &graph))
		graph_walk(arena, &graph);
	kg_arena_free(arena);
	return 0;
}
