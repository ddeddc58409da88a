#include "cache/depfile.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/path.h"
#include "engine/base/text.h"

enum token_type { TOKEN_NAME, TOKEN_COLON, TOKEN_LINE_END, TOKEN_END };

struct scanner {
	const char *at, *end;
	uint32_t line;
	bool is_behind_colon; /* there a colon is part of a name */
	struct kg_text name;  /* of the last TOKEN_NAME */
};

/* The character at an offset, a line end behind the last one. */
static char
peek(const struct scanner *scanner, size_t offset)
{
	return offset < (size_t)(scanner->end - scanner->at) ? scanner->at[offset] : '\n';
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* The bytes of a backslash with the line end behind it, 0 when it is not one. */
static size_t
continuation_size(const struct scanner *scanner, size_t offset)
{
	if (peek(scanner, offset) != '\\')
		return 0;
	if (peek(scanner, offset + 1) == '\n')
		return 2;
	return peek(scanner, offset + 1) == '\r' && peek(scanner, offset + 2) == '\n' ? 3 : 0;
}

static void
advance(struct scanner *scanner, size_t size)
{
	size_t left = (size_t)(scanner->end - scanner->at);

	scanner->at += size < left ? size : left;
}

static void
space_skip(struct scanner *scanner)
{
	for (;;) {
		size_t size = continuation_size(scanner, 0);

		scanner->line += size > 0;
		if (size == 0 && !is_space(peek(scanner, 0)))
			break;
		advance(scanner, size ? size : 1);
	}
	if (peek(scanner, 0) == '#')
		while (peek(scanner, 0) != '\n')
			advance(scanner, 1);
}

/* A colon ends a target where white space, a line end or another colon follows; else it is part of the name, as in C:/x.h. */
static bool
is_colon(const struct scanner *scanner)
{
	char next = peek(scanner, 1);

	return peek(scanner, 0) == ':' && !scanner->is_behind_colon &&
	    (is_space(next) || next == '\n' || next == ':' || continuation_size(scanner, 1) > 0);
}

/*
 * Backslashes before a space, as compilers write them: an odd number is half as many and a space that is part of the name. Before "#" and ":" the
 * last one makes that a part of the name. All others stand for themselves.
 */
static void
backslashes_take(struct scanner *scanner)
{
	size_t count = 1, kept;
	bool is_escaping = false;

	while (peek(scanner, count) == '\\' && continuation_size(scanner, count) == 0)
		count++;
	char next = peek(scanner, count);
	kept = count;
	if ((next == ' ' || next == '\t') && count % 2 == 1) {
		kept = count / 2;
		is_escaping = true;
	} else if (next == '#' || next == ':') {
		kept = count - 1;
		is_escaping = true;
	}
	kg_text_add_bytes(&scanner->name, scanner->at, kept);
	if (is_escaping)
		kg_text_add_bytes(&scanner->name, &next, 1);
	advance(scanner, count + is_escaping);
}

static void
name_take(struct scanner *scanner)
{
	scanner->name.size = 0;
	for (;;) {
		char c = peek(scanner, 0);

		if (scanner->at == scanner->end || c == '\n' || is_space(c) || continuation_size(scanner, 0) > 0 ||
		    is_colon(scanner))
			break;
		if (c == '\\') {
			backslashes_take(scanner);
			continue;
		}
		kg_text_add_bytes(&scanner->name, &c, 1);
		advance(scanner, c == '$' && peek(scanner, 1) == '$' ? 2 : 1);
	}
}

static enum token_type
token_take(struct scanner *scanner)
{
	space_skip(scanner);
	if (scanner->at == scanner->end)
		return TOKEN_END;
	if (*scanner->at == '\n') {
		advance(scanner, 1);
		scanner->line++;
		scanner->is_behind_colon = false;
		return TOKEN_LINE_END;
	}
	if (is_colon(scanner)) {
		/* "::" is a rule as well. */
		advance(scanner, peek(scanner, 1) == ':' ? 2 : 1);
		scanner->is_behind_colon = true;
		return TOKEN_COLON;
	}
	name_take(scanner);
	return TOKEN_NAME;
}

struct kg_error *
kg_depfile_read(struct kg_arena *arena, const char *bytes, size_t size, const char *folder, struct kg_files *files)
{
	struct scanner scanner = { .at = bytes, .end = bytes + size, .line = 1, .name = { .arena = arena } };
	bool has_target = false;

	if (size > 0 && memchr(bytes, '\0', size))
		return kg_error_make(arena, KG_EINPUT, "a zero byte stands in the dependency file");
	for (;;) {
		uint32_t line = scanner.line;
		enum token_type type = token_take(&scanner);
		bool is_over = type == TOKEN_LINE_END || type == TOKEN_END;

		if (is_over && has_target)
			return kg_error_make(arena, KG_EINPUT, "line %u of the dependency file has no colon", line);
		if (type == TOKEN_COLON && !has_target)
			return kg_error_make(arena, KG_EINPUT, "line %u of the dependency file has no target", line);
		if (type == TOKEN_END)
			break;
		if (type == TOKEN_NAME && scanner.is_behind_colon)
			kg_files_add(arena, files, kg_path_join(arena, folder, kg_text_end(&scanner.name)));
		has_target = type == TOKEN_NAME && !scanner.is_behind_colon;
	}
	kg_files_sort(files);
	return NULL;
}
