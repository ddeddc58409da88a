/*
 * What could stand at the end of a command line that is still being typed.
 *
 *     const char *const words[] = { "up", "--prof", NULL };
 *     kg_complete(cli, &text, words);
 *
 * Adds a line for each candidate: the word, a tab, and what it means. A line ":files" or ":folders" says that the shell is to offer those,
 * ":command" that a command line of its own begins.
 */
#pragma once

struct kg_cli;
struct kg_text;

/* words: after `kgraph`, the last one is the one to complete, maybe empty; ended by NULL, at least one. */
void kg_complete(struct kg_cli *cli, struct kg_text *text, const char *const *words);
