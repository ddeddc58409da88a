/* A program that runs to its end and leaves files: a compiler, a generator, a set-up script. */

#include <stdbool.h>
#include <string.h>

#include "engine/base/arena.h"
#include "targets/command/command.h"

struct command_output {
	const char *path, *as;
	bool data, folder;
};

struct command_spec {
	const char *const *command;
	const char *shell, *cwd, *user, *depfile, *input;
	const struct command_output *const *outputs;
	bool local;
};

static const struct kg_field output_fields[] = {
	KG_FIELD(command_output, path, KG_PATH, KG_REQUIRED, "a file or folder that the run leaves"),
	KG_FIELD(command_output, as, KG_TEXT, 0, "the output's name in ${node.NODE.NAME}", .fallback = "path"),
	KG_FIELD(command_output, data, KG_FLAG, 0,
	    "its being there counts, its content is its own affair; it goes only with `down --purge`"),
	KG_FIELD(command_output, folder, KG_FLAG, 0, "made as an empty folder that belongs to `user` before the run"),
	{ 0 },
};

static const struct kg_field command_fields[] = {
	KG_FIELD(command_spec, command, KG_TEXTS, KG_NO_SECRET, "program and arguments; no shell"),
	KG_FIELD(
	    command_spec, shell, KG_TEXT, KG_NO_SECRET, "a script for /bin/sh instead of `command`; it ends at the first failure"),
	KG_FIELD(command_spec, cwd, KG_PATH, 0, "where it runs; the folder of the graph file when absent"),
	KG_FIELD(command_spec, user, KG_TEXT, 0, "whom it runs as when kgraph runs as root"),
	KG_FIELD(command_spec, input, KG_TEXT, 0, "what it reads from its standard input"),
	KG_FIELD(command_spec, outputs, KG_RECORDS, KG_OUTPUT_KEYS, "what it leaves; one that is missing afterwards is an error",
	    .fields = output_fields, .size = sizeof(struct command_output)),
	KG_FIELD(command_spec, depfile, KG_PATH, 0, "a file in make's format that the run writes: what it names counts as input"),
	KG_FIELD(command_spec, local, KG_FLAG, 0,
	    "the outputs are of use here alone (they hold absolute paths, say) and are not stored"),
	{ 0 },
};

static struct kg_error *
check(struct kg_arena *arena, const void *given)
{
	const struct command_spec *spec = given;

	if (!spec->command == !spec->shell)
		return kg_error_make(arena, KG_EINPUT, "a command has either `command` or `shell`");
	if (spec->command && !spec->command[0])
		return kg_error_make(arena, KG_EINPUT, "`command` is empty");
	for (const struct command_output *const *one = spec->outputs; one && *one; one++)
		for (const struct command_output *const *other = one + 1; *other; other++)
			if (strcmp((*one)->as, (*other)->as) == 0)
				return kg_error_advise(arena,
				    kg_error_make(arena, KG_EINPUT, "two outputs are called `%s`", (*one)->as),
				    "name them: { path = \"…\", as = \"…\" }");
	return NULL;
}

static void
products(struct kg_products *list, const void *given)
{
	const struct command_spec *spec = given;

	for (const struct command_output *const *output = spec->outputs; output && *output; output++)
		kg_products_add(list,
		    (struct kg_product){
			.key = (*output)->as,
			.path = (*output)->path,
			.is_data = (*output)->data,
			.is_local = spec->local,
			.is_folder = (*output)->folder,
			.owner = spec->user,
		    });
}

static void
inputs(struct kg_inputs *list, const void *given, const struct kg_common *common)
{
	const struct command_spec *spec = given;

	(void)common;
	kg_inputs_add_program(list, spec->command ? spec->command[0] : "/bin/sh");
	if (spec->depfile)
		kg_inputs_add_depfile(list, spec->depfile, spec->cwd);
}

static struct kg_next
ended(struct kg_job *job)
{
	return job->child.status == 0 ? kg_done(job) : kg_failed(kg_child_error(job));
}

static struct kg_next
run(struct kg_job *job)
{
	const struct command_spec *spec = job->spec;
	struct kg_child *child = kg_new(job->arena, struct kg_child);
	const char **script = kg_new_array(job->arena, const char *, 5);

	script[0] = "/bin/sh";
	script[1] = "-e";
	script[2] = "-c";
	script[3] = spec->shell;
	*child = (struct kg_child){
		.argv = spec->command ? spec->command : script,
		.cwd = spec->cwd,
		.user = spec->user,
		.input = spec->input,
		.input_size = spec->input ? strlen(spec->input) : 0,
	};
	return kg_wait_child(job, child, ended);
}

const struct kg_kind kg_kind_command = {
	.facts = {
		.name = "command",
		.version = 1,
		.summary = "a program that runs to its end",
		.fields = command_fields,
		.spec_size = sizeof(struct command_spec),
		.check = check,
	},
	.products = products,
	.inputs = inputs,
	.run = run,
	.is_restorable = true,
	.computes = true,
};
