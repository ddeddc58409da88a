/*
 * libfyaml, loaded when the first YAML of the process is read: most runs read none, and the library is half a megabyte to relocate.
 *
 *     const char *why;
 *     if (!kg_fyaml_load(arena, &why)) ...
 *     struct fy_parser *parser = kg_fyaml.parser_create(&cfg);
 *
 * Its header is used as ever: kg_fyaml.parser_create is fy_parser_create, of the same type.
 */
#pragma once

#include <stdbool.h>

#include <libfyaml.h>

struct kg_arena;

#define KG_FYAML_FUNCTIONS(each)       \
	each(diag_create);             \
	each(diag_destroy);            \
	each(diag_errors_iterate);     \
	each(diag_set_collect_errors); \
	each(event_get_token);         \
	each(parser_create);           \
	each(parser_destroy);          \
	each(parser_event_free);       \
	each(parser_parse);            \
	each(parser_set_string);       \
	each(tag_token_suffix);        \
	each(tag_token_tag);           \
	each(token_end_mark);          \
	each(token_get_text);          \
	each(token_scalar_style);      \
	each(token_start_mark)

struct kg_fyaml {
#define KG_FYAML_MEMBER(name) typeof(&fy_##name) name
	KG_FYAML_FUNCTIONS(KG_FYAML_MEMBER);
#undef KG_FYAML_MEMBER
};

/* NULLs until it is loaded; const from then on. */
extern struct kg_fyaml kg_fyaml;

/* Harmless when repeated, on any thread. False when there is none that can be used; *ret_why, in the arena, is the system's word for it. */
bool kg_fyaml_load(struct kg_arena *arena, const char **ret_why);
