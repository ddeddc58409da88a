/*
 * Names on the command line that mean what was brought up, which may have left the file: a node, a target, or the prefix of an include.
 *
 *     error = kg_entry_names_choose(&session, names);      before the run is opened
 *     error = kg_entry_names_check(&session, names);       once it is open
 *     kg_run_down(session.run, kg_entry_names_tidy(cli->arena, names), false);
 */
#pragma once

struct kg_arena;
struct kg_error;
struct kg_session;

/* Puts into session->chosen what the targets among the names need; a node stands for itself alone. */
[[nodiscard]] struct kg_error *kg_entry_names_choose(struct kg_session *session, const char *const *names);
/* KG_EINPUT for a name of which neither the ledger nor the graph knows anything, with the nearest one. */
[[nodiscard]] struct kg_error *kg_entry_names_check(struct kg_session *session, const char *const *names);
/* As kg_run_down takes them: "pg" for "pg.". */
const char *const *kg_entry_names_tidy(struct kg_arena *arena, const char *const *names);
