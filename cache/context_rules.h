/*
 * What an ignore file (.dockerignore, .containerignore) leaves out of a build context, asked name by name on the way down.
 *
 *     error = kg_context_rules_read(arena, "app/.dockerignore", bytes, size, &rules);
 *     kg_context_rules_start(rules, state);                                    the context's own folder
 *     if (kg_context_rules_keep(rules, state, "main.c", 6)) ...                a file in it counts
 *     verdict = kg_context_rules_enter(rules, state, "src", 3, below);         a folder in it, and the state within
 *
 * The rules are those that Docker's and podman's manuals have alike: one pattern a line, blanks around it do not count; `#` in the first column is a
 * remark; a line is cleaned as by Go's filepath.Clean, and a slash at its start dropped; `*`, `?` and `[…]` as in Go's filepath.Match, `**` for any
 * number of folders; a pattern that meets a folder meets all below it; `!` takes back, also below a folder that is left out; the last line that
 * meets a path decides.
 *
 * Where the builders differ, what any of them takes counts: a build too many is a pity, a build too few is a mistake.
 *   - podman (buildah 1.28) and docker without BuildKit look for what `!` takes back only in folders that the line itself starts with: of `*` and
 *     `!` + `**` + `/x.md` BuildKit alone takes docs/x.md. It counts.
 *   - podman reads + ( ) { } | ^ as a regular expression's, and docker does so with wildcards in a class: to podman the line `a+b` does not
 *     mean a+b. It leaves out nothing here.
 *   - podman does not know a line that starts with a blank and a slash, or with a byte order mark. It leaves out nothing either.
 *   - podman does not know an exception with a blank behind its mark. It takes back.
 *   - docker takes `**x` for any name that ends with x, podman for x in any folder, which is what the manuals say.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kg_arena;
struct kg_context_rules;
struct kg_error;

/* shown: the file's name for messages. KG_EINPUT, with the line, for one that no builder takes. */
[[nodiscard]] struct kg_error *kg_context_rules_read(
    struct kg_arena *arena, const char *shown, const char *bytes, size_t size, struct kg_context_rules **ret_rules);

/* A folder's state: so many words, the caller's. */
uint32_t kg_context_rules_words(const struct kg_context_rules *rules);
void kg_context_rules_start(const struct kg_context_rules *rules, uint64_t *state);
/* Whether what is called name and is no folder counts. Pure; any thread. */
bool kg_context_rules_keep(const struct kg_context_rules *rules, const uint64_t *state, const char *name, uint32_t size);

struct kg_context_verdict {
	bool counts;     /* the folder itself; one that does not still does when something below it counts */
	bool is_entered; /* something below may count */
};
/* The state within goes to *ret_below, which is not state. Pure; any thread. */
struct kg_context_verdict kg_context_rules_enter(
    const struct kg_context_rules *rules, const uint64_t *state, const char *name, uint32_t size, uint64_t *ret_below);
