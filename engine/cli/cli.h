/*
 * What every command is given, and how it tells the user that it failed.
 *
 *     int
 *     kg_command_env(struct kg_cli *cli)
 *     {
 *         ...
 *         if (error)
 *             return kg_cli_fail(cli, error);
 *         kg_cli_print(cli, text);
 *         return KG_EXIT_UP;
 *     }
 *
 * Answers go to standard output, errors and warnings to standard error.
 */
#pragma once

#include "engine/cli/option.h"
#include "engine/cli/print_error.h"

struct kg_arena;
struct kg_text;

/* kgraph's exit codes beside those of enum kg_run_outcome. */
enum {
	KG_EXIT_UP = 0,
	KG_EXIT_FAILED = 1,
	KG_EXIT_USAGE = 2,
	KG_EXIT_BUSY = 4,
};

struct kg_cli {
	struct kg_arena *arena; /* lives as long as the process */
	struct kg_invocation asked;
	const struct kg_style *out_style, *error_style;
	struct kg_error_look look; /* of errors: style, the folder where the user is, and, once they are known, the secrets */
};

extern const struct kg_command kg_commands[];

/* Prints the error, and gives the exit code that belongs to it. */
int kg_cli_fail(struct kg_cli *cli, const struct kg_error *error);
int kg_cli_fail_all(struct kg_cli *cli, const struct kg_errors *errors);
/* "warning: text"; not with --quiet. */
void kg_cli_warn(struct kg_cli *cli, const char *text);
/* Each with its place, as errors are shown. */
void kg_cli_warn_all(struct kg_cli *cli, const struct kg_errors *warnings);
void kg_cli_print(struct kg_cli *cli, const char *text);
/* The columns that lists may use: the terminal's, or 100. */
uint32_t kg_cli_columns(void);

int kg_command_up(struct kg_cli *cli);
int kg_command_run(struct kg_cli *cli);
int kg_command_down(struct kg_cli *cli);
int kg_command_status(struct kg_cli *cli);
int kg_command_plan(struct kg_cli *cli);
int kg_command_why(struct kg_cli *cli);
int kg_command_logs(struct kg_cli *cli);
int kg_command_collect(struct kg_cli *cli);
int kg_command_graph(struct kg_cli *cli);
int kg_command_check(struct kg_cli *cli);
int kg_command_env(struct kg_cli *cli);
int kg_command_gc(struct kg_cli *cli);
int kg_command_version(struct kg_cli *cli);
int kg_command_help(struct kg_cli *cli);
int kg_command_completion(struct kg_cli *cli);
int kg_command_complete(struct kg_cli *cli);
int kg_command_man(struct kg_cli *cli);
