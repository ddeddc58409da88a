/*
 * Variables as a shell or a program reads them, whatever bytes their values hold.
 *
 *     kg_quote_variable(&text, KG_QUOTE_SH, "DATABASE_URL", "postgresql://…");      export DATABASE_URL='postgresql://…'
 */
#pragma once

#include <stdbool.h>

struct kg_text;

enum kg_quote {
	KG_QUOTE_SH,     /* export NAME='value', for eval in any POSIX shell */
	KG_QUOTE_FISH,   /* set -gx NAME 'value' */
	KG_QUOTE_DOTENV, /* NAME=value, in quotes where it needs them */
};

/* Adds one line, or more when the value holds any. */
void kg_quote_variable(struct kg_text *text, enum kg_quote quote, const char *name, const char *value);
/* What shells take as a variable's name: letters, digits and underscores, no digit first. */
bool kg_quote_is_name(const char *name);
