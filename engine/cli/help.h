/*
 * Help, made from the tables of commands, options and kinds.
 *
 *     kg_help_overview(&text, style, columns);
 */
#pragma once

#include <stdint.h>

struct kg_command;
struct kg_facts;
struct kg_style;
struct kg_text;

void kg_help_overview(struct kg_text *text, const struct kg_style *style, uint32_t columns);
void kg_help_command(struct kg_text *text, const struct kg_style *style, uint32_t columns, const struct kg_command *command);
void kg_help_kinds(struct kg_text *text, const struct kg_style *style, uint32_t columns);
void kg_help_kind(struct kg_text *text, const struct kg_style *style, uint32_t columns, const struct kg_facts *facts);
