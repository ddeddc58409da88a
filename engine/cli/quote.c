#include "engine/cli/quote.h"

#include <string.h>

#include "engine/base/text.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

bool
kg_quote_is_name(const char *name)
{
	return *name && strchr(letters, *name) && name[strspn(name, name_characters)] == '\0';
}

/* The value between single quotes, with what would end them or be read in them replaced. */
static void
single_add(struct kg_text *text, const char *value, const char *quote, const char *backslash)
{
	kg_text_add(text, "'");
	for (; *value; value++) {
		if (*value == '\'')
			kg_text_add(text, quote);
		else if (*value == '\\')
			kg_text_add(text, backslash);
		else
			kg_text_add_bytes(text, value, 1);
	}
	kg_text_add(text, "'\n");
}

/*
 * There is no one rule for such files. Nothing around plain values is read alike everywhere (docker takes quotes literally), and single quotes are taken
 * literally by all that know quotes; only a value with a single quote or a line's end in it needs double ones, with escapes.
 */
static void
dotenv_add(struct kg_text *text, const char *value)
{
	if (value[strcspn(value, " \t\r\n\"'\\$`#")] == '\0') {
		kg_text_format(text, "%s\n", value);
	} else if (!strpbrk(value, "'\r\n")) {
		kg_text_format(text, "'%s'\n", value);
	} else {
		kg_text_add(text, "\"");
		for (; *value; value++) {
			if (*value == '\n')
				kg_text_add(text, "\\n");
			else if (*value == '\r')
				kg_text_add(text, "\\r");
			else if (strchr("\"\\$`", *value))
				kg_text_format(text, "\\%c", *value);
			else
				kg_text_add_bytes(text, value, 1);
		}
		kg_text_add(text, "\"\n");
	}
}

void
kg_quote_variable(struct kg_text *text, enum kg_quote quote, const char *name, const char *value)
{
	switch (quote) {
	case KG_QUOTE_SH:
		kg_text_format(text, "export %s=", name);
		single_add(text, value, "'\\''", "\\");
		break;
	case KG_QUOTE_FISH:
		kg_text_format(text, "set -gx %s ", name);
		single_add(text, value, "\\'", "\\\\");
		break;
	case KG_QUOTE_DOTENV:
		kg_text_format(text, "%s=", name);
		dotenv_add(text, value);
		break;
	}
}
