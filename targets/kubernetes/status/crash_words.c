#include "targets/kubernetes/status/crash_words.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

constexpr size_t shown_most = 200;

/* Lines that say why, the surest words first. What stands around them is where it happened. */
static const char *const telling[] = { "panic:", "fatal", "exception", "error", "cannot ", "can't ", "could not", "failed",
	"invalid", "unknown ", "unrecognized", "required", "missing", "not found", "no such", "denied", "refused" };

/* What a program says of itself, its arguments and its libraries, in the languages that services are written in. */
static const char *const broken[] = { "unknown flag", "unknown shorthand flag", "flag provided but not defined", "unknown command",
	"unknown option", "unrecognized option", "unrecognized argument", "invalid option", "unexpected argument",
	"error while loading shared libraries", "cannot open shared object file", "version `GLIBC_", "exec format error",
	"command not found", "ModuleNotFoundError", "ImportError", "SyntaxError", "IndentationError", "Cannot find module",
	"ERR_MODULE_NOT_FOUND", "NoClassDefFoundError", "ClassNotFoundException", "Could not find or load main class",
	"Unable to access jarfile", "yaml: line ", "cannot unmarshal", "did not find expected" };

/* What it says of others: they may be on their way. A socket or port that is taken, and a lock, are given back. */
static const char *const passing[] = { "refused", "timeout", "timed out", "no such host", "name resolution", "resolve", "lookup ",
	"unreachable", "unavailable", "not ready", "starting up", "startup", "reset by peer", "broken pipe", "no route to host",
	"dial ", "connect", "handshake", "temporar", "try again", "retry", "retries", "deadline", "does not exist", "not exist",
	"in use", "lock", "EOF", "closed", "502", "503", "504", "LOADING", "EAI_", "ECONN", "ENOTFOUND", "no healthy", "leader",
	"waiting for" };

static bool
says(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasestr(text, words[i]))
			return true;
	return false;
}

static const char *
last_line_with(struct kg_arena *arena, const char *text, const char *word)
{
	const char *found = NULL;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *one = kg_copy_bytes(arena, line, strcspn(line, "\n"));

		if (one[strspn(one, " \t\r")] && strcasestr(one, word))
			found = one;
	}
	return found;
}

static const char *
telling_line(struct kg_arena *arena, const char *text)
{
	const char *line = NULL;

	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]) && !line; i++)
		line = last_line_with(arena, text, telling[i]);
	line = line ? line : last_line_with(arena, text, "");
	return line ? line : "";
}

/* Without blanks around it, and without the colours of a terminal. */
static const char *
cleaned(struct kg_arena *arena, const char *line)
{
	struct kg_text text = { .arena = arena };

	while (*line) {
		size_t length = kg_text_utf8_length(line, strlen(line));

		if (line[0] == '\033' && line[1] == '[') {
			line += 2;
			line += strspn(line, "0123456789;");
			line += *line != '\0';
			continue;
		}
		length = length ? length : 1;
		if (text.size + length > shown_most) {
			kg_text_add(&text, "…");
			break;
		}
		if (isspace((unsigned char)*line) || iscntrl((unsigned char)*line))
			kg_text_add(&text, text.size > 0 ? " " : "");
		else
			kg_text_add_bytes(&text, line, length);
		line += length;
	}
	while (text.size > 0 && text.bytes[text.size - 1] == ' ')
		text.bytes[--text.size] = '\0';
	return kg_text_end(&text);
}

/* Each word that has a digit becomes one sign: a time, a port, an address, a pointer. */
static const char *
shape_of(struct kg_arena *arena, const char *line)
{
	struct kg_text text = { .arena = arena };

	while (*line) {
		size_t length = strcspn(line, " ,;()[]\"'=");
		const char *word = kg_copy_bytes(arena, line, length);

		kg_text_add(&text, strpbrk(word, "0123456789") ? "#" : word);
		line += length;
		if (*line)
			kg_text_add_bytes(&text, line++, 1);
	}
	return kg_text_end(&text);
}

struct kg_crash_words
kg_crash_words_read(struct kg_arena *arena, const char *text)
{
	const char *line = cleaned(arena, telling_line(arena, text));
	struct kg_crash_words words = { .line = line, .shape = shape_of(arena, line), .cause = KG_CRASH_UNKNOWN };

	if (says(line, broken, sizeof(broken) / sizeof(broken[0])))
		words.cause = KG_CRASH_BROKEN;
	else if (says(text, passing, sizeof(passing) / sizeof(passing[0])))
		words.cause = KG_CRASH_MAY_PASS;
	return words;
}
