#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/field.h"
#include "engine/base/text.h"
#include "graph/sealing.h"

/* The byte at which a column starts; the end of the line when it is too short. */
static const char *
column_find(const char *line, uint32_t column)
{
	while (column > 1 && *line) {
		size_t length = kg_text_utf8_length(line, strlen(line));

		line += length > 0 ? length : 1;
		column--;
	}
	return line;
}

/*
 * What is looked for is the name with the prefixes of includes put in; the file says it without. So the prefixes are taken off
 * one by one until the line has it. A text with variables put in does not stand in the file as it is, but its references do.
 */
struct kg_place
kg_sealing_reference_place(const struct kg_sealing *sealing, const struct kg_value *value, const char *name)
{
	struct kg_place place = kg_value_place(&sealing->values, value);
	const char *rest = strchr(name, '.');

	if (place.file)
		place.line_text = kg_draft_line(sealing->draft, place.file, place.line);
	if (!place.line_text || !rest)
		return place;

	const char *from = column_find(place.line_text, place.column);
	for (rest++; rest; rest = strchr(rest, '.') ? strchr(rest, '.') + 1 : NULL) {
		const char *written = kg_format(sealing->scratch, "${%.*s.%s}", (int)(strchr(name, '.') - name), name, rest);
		const char *at = strstr(from, written);

		if (!at)
			continue;
		place.column = kg_text_characters(place.line_text, (size_t)(at - place.line_text)) + 1;
		place.length = kg_text_characters(written, strlen(written));
		return place;
	}
	return place;
}
