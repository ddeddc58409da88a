#include "engine/yaml/yaml.h"

#include <limits.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/yaml/fyaml.h"
#include "engine/yaml/yaml_build.h"

static constexpr size_t size_most = 256 << 20;
static constexpr uint32_t errors_most = 50;

/* One text on its way to trees. */
struct reading {
	struct kg_arena *arena;
	struct kg_errors *errors;
	struct kg_yaml_text *text;
	struct kg_yaml *yaml;
	struct kg_yaml_build build;
	uint32_t base;           /* where the part starts that the scanner has been given */
	uint32_t document_start; /* of the document that it is in */
	uint32_t told_at;        /* the last error of the scanner, which a second look would find again */
};

static struct kg_error *
complain(struct reading *reading, uint32_t at, uint32_t length, const char *message)
{
	struct kg_place place = kg_yaml_text_place(reading->arena, reading->text, at, length);
	struct kg_error *error = kg_error_at(reading->arena, KG_EINPUT, place, "%s", message);

	kg_errors_add(reading->errors, error);
	return error;
}

/* ---- characters ---- */

/* What YAML lets stand in a text, as the first byte and the length of its UTF-8 tell. */
static bool
is_printable(const char *at, size_t length)
{
	unsigned char first = (unsigned char)*at;

	if (length == 1)
		return first == '\t' || first == '\n' || first == '\r' || (first >= 0x20 && first < 0x7f);
	if (length == 2 && first == 0xc2) /* C1 controls, but for the line end that mainframes have */
		return (unsigned char)at[1] >= 0xa0 || (unsigned char)at[1] == 0x85;
	if (length == 3 && first == 0xef && (unsigned char)at[1] == 0xbf)
		return (unsigned char)at[2] < 0xbe;
	return true;
}

/* False when there is something that no YAML may hold; it has been told. */
static bool
characters_check(struct reading *reading)
{
	const struct kg_yaml_text *text = reading->text;

	if (text->size >= 2 && (memcmp(text->bytes, "\xff\xfe", 2) == 0 || memcmp(text->bytes, "\xfe\xff", 2) == 0)) {
		complain(reading, kg_yaml_nowhere, 0, "this is UTF-16; save it as UTF-8");
		return false;
	}
	for (uint32_t at = 0; at < text->size;) {
		size_t length = kg_text_utf8_length(text->bytes + at, text->size - at);
		unsigned char byte = (unsigned char)text->bytes[at];

		if (length == 0 || !is_printable(text->bytes + at, length)) {
			complain(reading, at, 1,
			    kg_format(reading->arena,
				length == 0 ? "byte 0x%02x is not UTF-8" : "a control character (0x%02x) may not stand here",
				length == 2 ? (unsigned char)text->bytes[at + 1] : byte));
			return false;
		}
		at += (uint32_t)length;
	}
	return true;
}

/* "%YAML 1.1" and "%YAML 1.2", which say what is so anyway. libfyaml 0.7.12 does not come back from some others, and nobody needs them. */
static bool
is_known_directive(const char *line, size_t length)
{
	static const char known[] = "%YAML 1.";

	while (length > 0 && strchr(" \t\r", line[length - 1]))
		length--;
	return length == sizeof(known) && memcmp(line, known, sizeof(known) - 1) == 0 && strchr("12", line[length - 1]);
}

/* False when there is one that is not taken; it has been told. */
static bool
directives_check(struct reading *reading)
{
	const struct kg_yaml_text *text = reading->text;

	for (uint32_t at = 0; at < text->size;) {
		const char *line = text->bytes + at, *end = memchr(line, '\n', text->size - at);
		size_t length = end ? (size_t)(end - line) : text->size - at;

		if (*line == '%' && !is_known_directive(line, length)) {
			complain(reading, at, (uint32_t)length, "a directive of YAML that is not taken");
			return false;
		}
		at += (uint32_t)length + 1;
	}
	return true;
}

/* ---- events ---- */

static uint32_t
offset(const struct reading *reading, const struct fy_mark *mark)
{
	return mark ? reading->base + (uint32_t)mark->input_pos : kg_yaml_nowhere;
}

static const char *
token_text(struct reading *reading, struct fy_token *token)
{
	size_t size = 0;
	const char *bytes = token ? kg_fyaml.token_get_text(token, &size) : NULL;

	return bytes ? kg_copy_bytes(reading->arena, bytes, size) : NULL;
}

static const char *
tag_text(struct reading *reading, struct fy_token *token)
{
	const struct fy_tag *tag = token ? kg_fyaml.tag_token_tag(token) : NULL;
	size_t size = 0;
	const char *suffix = tag ? kg_fyaml.tag_token_suffix(token, &size) : NULL;
	const char *prefix = tag && tag->handle ? tag->handle : "";

	if (!tag)
		return NULL;
	if (strcmp(prefix, "!!") == 0)
		prefix = "tag:yaml.org,2002:";
	return kg_format(reading->arena, "%s%.*s", prefix, suffix ? (int)size : 0, suffix ? suffix : "");
}

static struct kg_yaml_mark
mark_of(struct reading *reading, struct fy_token *value, struct fy_token *anchor, struct fy_token *tag)
{
	struct kg_yaml_mark mark = {
		.at = offset(reading, value ? kg_fyaml.token_start_mark(value) : NULL),
		.anchor = token_text(reading, anchor),
		.tag = tag_text(reading, tag),
	};
	uint32_t end = offset(reading, value ? kg_fyaml.token_end_mark(value) : NULL);

	if (mark.at != kg_yaml_nowhere && end != kg_yaml_nowhere && end > mark.at)
		mark.length = end - mark.at;
	return mark;
}

static void
on_scalar(struct reading *reading, const struct fy_event *event)
{
	const struct kg_yaml_text *text = reading->text;
	struct fy_token *value = event->scalar.value;
	struct kg_yaml_mark mark = mark_of(reading, value, event->scalar.anchor, event->scalar.tag);
	size_t size = 0;
	const char *bytes = value ? kg_fyaml.token_get_text(value, &size) : NULL;
	enum fy_scalar_style style = value ? kg_fyaml.token_scalar_style(value) : FYSS_PLAIN;
	bool is_plain = style == FYSS_PLAIN || style == FYSS_ANY;

	if ((style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) && mark.at != kg_yaml_nowhere && mark.at > 0) {
		mark.at--; /* the scanner leaves the quotes out */
		mark.length += 2;
	}
	if (!bytes)
		size = 0;
	/* The scanner ends the last line when the text does not. */
	if ((style == FYSS_LITERAL || style == FYSS_FOLDED) && mark.at + mark.length >= text->size && size > 0 &&
	    bytes[size - 1] == '\n' && text->bytes[text->size - 1] != '\n')
		size--;
	kg_yaml_build_scalar(&reading->build, mark, bytes, size, is_plain);
}

static void
on_document_end(struct reading *reading)
{
	cJSON *root = kg_yaml_build_finish(&reading->build);

	if (root)
		kg_list_push(reading->arena, &reading->yaml->documents, root);
}

static void
on_event(struct reading *reading, const struct fy_event *event)
{
	struct kg_yaml_build *build = &reading->build;

	switch (event->type) {
	case FYET_DOCUMENT_START:
		kg_yaml_build_start(build);
		if (event->document_start.document_start)
			reading->document_start = offset(reading, kg_fyaml.token_start_mark(event->document_start.document_start));
		break;
	case FYET_DOCUMENT_END: on_document_end(reading); break;
	case FYET_MAPPING_START:
		kg_yaml_build_container(build,
		    mark_of(reading, event->mapping_start.mapping_start, event->mapping_start.anchor, event->mapping_start.tag),
		    true);
		break;
	case FYET_SEQUENCE_START:
		kg_yaml_build_container(build,
		    mark_of(reading, event->sequence_start.sequence_start, event->sequence_start.anchor, event->sequence_start.tag),
		    false);
		break;
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END: kg_yaml_build_end(build); break;
	case FYET_SCALAR: on_scalar(reading, event); break;
	case FYET_ALIAS:
		kg_yaml_build_alias(
		    build, mark_of(reading, event->alias.anchor, NULL, NULL), token_text(reading, event->alias.anchor));
		break;
	default: break;
	}
}

/* ---- parts ---- */

/* Without it, the library writes to standard error; errors are collected instead. */
static void
on_diagnosis(struct fy_diag *, void *, const char *, size_t)
{
}

/* The scanner's words for the mistakes that are made most, and what helps. */
static const struct {
	const char *said, *message, *advice;
} scanner_words[] = {
	{ "invalid nested block mapping", "a second colon on the line of a name",
	    "put the text behind the first colon in quotes, or what belongs below it on lines of its own" },
	{ "invalid multiline plain key", "this text goes on in the next line, where there is a colon",
	    "the next line is indented too far, or the text needs quotes" },
	{ "tab character may not", "a tab may not indent", "use spaces" },
	{ "invalid tab as ind", "a tab may not indent", "use spaces" },
	{ "double-quoted scalar without closing quote", "this quote is never closed", NULL },
	{ "single-quoted scalar without closing quote", "this quote is never closed", NULL },
	{ "plain scalar cannot start", NULL, "put the text in quotes" },
	{ "block sequence on the same line", "a list cannot start on the line of a name",
	    "put it on lines of its own, or a text that starts with - in quotes" },
	{ "missing comma in flow", "there is a comma missing in front of this",
	    "a text with ${…}, brackets or commas needs quotes within [ ] and { }" },
	{ "invalid document start indicator in", "a document starts here, inside brackets", "some bracket above is never closed" },
	{ "invalid document-start marker in", "a document starts here, inside quotes", "some quote above is never closed" },
	{ "invalid indentation in mapping", "this is indented unlike the names around it", NULL },
};

/* The scanner stops at its first error. Found again when the document is looked at again from its start, it is not told again. */
static void
scanner_complain(struct reading *reading, struct fy_diag *diag)
{
	void *iterator = NULL;
	const struct fy_diag_error *error = kg_fyaml.diag_errors_iterate(diag, &iterator);
	const struct fy_mark *mark = error && error->fyt ? kg_fyaml.token_start_mark(error->fyt) : NULL;
	uint32_t at = mark ? offset(reading, mark) : reading->document_start;

	if (at == reading->told_at)
		return;
	reading->told_at = at;
	const char *said = error && error->msg ? error->msg : "this is no YAML", *advice = NULL, *message = said;
	for (size_t i = 0; i < sizeof(scanner_words) / sizeof(*scanner_words); i++) {
		if (!strstr(said, scanner_words[i].said))
			continue;
		message = scanner_words[i].message ? scanner_words[i].message : said;
		advice = scanner_words[i].advice;
	}
	if (kg_yaml_text_has_template(reading->text, at))
		advice = kg_yaml_template_advice;
	complain(reading, at, 1, message)->advice = advice;
}

/* Reads what starts at base until its end, or until nothing more can be made of the document that it is in: false then. */
static bool
part_read(struct reading *reading)
{
	struct fy_diag_cfg diag_cfg = { .output_fn = on_diagnosis, .level = FYET_ERROR, .module_mask = UINT_MAX };
	struct fy_diag *diag = kg_fyaml.diag_create(&diag_cfg);
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET, .diag = diag };
	/* Its limit of levels is lower than what CRDs need; ours holds. In brackets, indentation counts for nobody else. */
	cfg.flags |= FYPCF_COLLECT_DIAG;
	cfg.flags |= FYPCF_DISABLE_DEPTH_LIMIT;
	cfg.flags |= FYPCF_SLOPPY_FLOW_INDENTATION;
	struct fy_parser *parser = diag ? kg_fyaml.parser_create(&cfg) : NULL;
	const struct kg_yaml_text *text = reading->text;
	const struct kg_yaml_build *build = &reading->build;
	bool is_ended = false;

	kg_yaml_build_start(&reading->build);
	if (!parser)
		kg_out_of_memory();
	kg_fyaml.diag_set_collect_errors(diag, true);
	if (kg_fyaml.parser_set_string(parser, text->bytes + reading->base, text->size - reading->base) != 0)
		kg_out_of_memory();
	for (struct fy_event *event; !is_ended && !build->is_hopeless && (event = kg_fyaml.parser_parse(parser));) {
		is_ended = event->type == FYET_STREAM_END;
		on_event(reading, event);
		kg_fyaml.parser_event_free(parser, event);
	}
	if (!is_ended && !build->is_hopeless)
		scanner_complain(reading, diag);
	kg_fyaml.parser_destroy(parser);
	kg_fyaml.diag_destroy(diag);
	return is_ended;
}

/* The next line behind the one at `from` that starts a document, whatever the text around it: nothing else may start with "---". False: none. */
static bool
document_find(const struct kg_yaml_text *text, uint32_t from, uint32_t *ret_at)
{
	for (const char *at = text->bytes + from; (at = memchr(at, '\n', (size_t)(text->bytes + text->size - at)));) {
		size_t left = (size_t)(text->bytes + text->size - ++at);

		if (left >= 3 && memcmp(at, "---", 3) == 0 && (left == 3 || strchr(" \t\r\n", at[3]))) {
			*ret_at = (uint32_t)(at - text->bytes);
			return true;
		}
	}
	return false;
}

void
kg_yaml_read(struct kg_arena *arena, struct kg_errors *errors, const struct kg_yaml_source *source, struct kg_yaml *ret_yaml)
{
	struct reading reading = { .arena = arena, .errors = errors, .yaml = ret_yaml, .told_at = kg_yaml_nowhere };
	struct kg_place whole = { .file = source->file };
	const char *why, *bytes = source->text;
	size_t size = source->size;
	uint32_t count = errors->count;

	*ret_yaml = (struct kg_yaml){ 0 };
	if (size > size_most) {
		kg_errors_add(errors, kg_error_at(arena, KG_EINPUT, whole, "this is larger than %zu MB", size_most >> 20));
		return;
	}
	if (!kg_fyaml_load(arena, &why)) {
		struct kg_error *error = kg_error_at(arena, KG_ESYSTEM, whole, "YAML cannot be read without libfyaml: %s", why);
		kg_errors_add(errors, kg_error_advise(arena, error, "install it; the package is libfyaml0 or libfyaml"));
		return;
	}
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		size -= 3;
	}
	reading.text = kg_yaml_text_new(arena, source->file, bytes, size);
	reading.build = (struct kg_yaml_build){ .arena = arena, .errors = errors, .text = reading.text };
	if (size == 0 || !characters_check(&reading) || !directives_check(&reading))
		return;
	while (!part_read(&reading) && errors->count - count < errors_most) {
		if (!document_find(reading.text, reading.document_start, &reading.base))
			break;
		reading.document_start = reading.base;
	}
}
