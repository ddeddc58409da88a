/*
 * The manual page, made from the tables of commands and options: docs/kgraph.1 is what `kgraph __man` prints, and a test says when it is not.
 *
 *     kg_man(&text);
 */
#pragma once

struct kg_text;

void kg_man(struct kg_text *text);
