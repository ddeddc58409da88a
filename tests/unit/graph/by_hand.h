/*
 * Drafts made by hand, for tests of what comes after the reader.
 *
 *     struct by_hand *hand = by_hand_make();
 *     uint32_t schema = by_hand_node(hand, "schema", "command", 1, by_hand_text(hand, "command", "psql"));
 *     by_hand_need(hand, schema, "postgresql", 2, 10);
 *     const struct kg_graph *graph = kg_draft_seal(&hand->draft);
 *     by_hand_free(hand);
 */
#pragma once

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "graph/draft.h"

struct by_hand {
	struct kg_arena *arena;
	struct kg_errors errors;
	struct kg_draft draft;
	uint32_t line;                   /* where the next value stands */
	KG_LIST(struct kg_value) values; /* before they are part of a node: then parents go before children */
};

/* Every file of the draft is /g/kgraph.toml. The kinds are command (output path, further ones by `as`), process and file. */
struct by_hand *by_hand_make(void);
void by_hand_free(struct by_hand *hand);
/* What stands on a line of the file, for carets. */
void by_hand_line(uint32_t line, const char *text);

/* A table's members are sorted by key by the caller. */
struct kg_value by_hand_text(struct by_hand *hand, const char *key, const char *text);
struct kg_value by_hand_integer(struct by_hand *hand, const char *key, int64_t number);
struct kg_value by_hand_list(struct by_hand *hand, const char *key, uint32_t count, const struct kg_value *items);
struct kg_value by_hand_table(struct by_hand *hand, const char *key, uint32_t count, const struct kg_value *members);

#define BY_HAND_VALUES(...)                                                                         \
	(sizeof((struct kg_value[]){ __VA_ARGS__ }) / sizeof(struct kg_value)), (struct kg_value[]) \
	{                                                                                           \
		__VA_ARGS__                                                                         \
	}

uint32_t by_hand_node(
    struct by_hand *hand, const char *name, const char *kind, uint32_t line, uint32_t count, const struct kg_value *settings);
/* A command whose argument list holds one text. */
uint32_t by_hand_command(struct by_hand *hand, const char *name, uint32_t line, const char *argument);
void by_hand_need(struct by_hand *hand, uint32_t node, const char *name, uint32_t line, uint32_t column);
void by_hand_need_ready(struct by_hand *hand, uint32_t node, const char *name, uint32_t line, uint32_t column);
/* names ended by NULL; they stand on the target's line. */
void by_hand_target(struct by_hand *hand, const char *name, uint32_t line, const char *const *names);
void by_hand_export(struct by_hand *hand, const char *name, const char *text);
void by_hand_secret(struct by_hand *hand, const char *name);
void by_hand_port(struct by_hand *hand, const char *name);
void by_hand_pool(struct by_hand *hand, const char *name);

/* "line:column message (advice)\n" of every error; a detail follows on lines of its own. */
const char *by_hand_told(struct by_hand *hand);
