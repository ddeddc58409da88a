#include "targets/kubernetes/stream_program.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/list.h"
#include "engine/base/path.h"

/* kgraph is one file: the program is inside, and put on disk when it is first needed. */
static const unsigned char program[] = {
#embed "kgraph-stream"
};

/* Compared by content, so that another version of kgraph puts its own in place; what runs keeps its own. */
struct kg_error *
kg_stream_program(struct kg_job *job, const char **ret_path)
{
	const char *path = kg_path_join(job->arena, job->folders->state, "kgraph-stream"), *bytes;
	size_t size;

	*ret_path = path;
	if (!kg_file_read(job->arena, path, &bytes, &size) && size == sizeof(program) && memcmp(bytes, program, size) == 0)
		return NULL;
	struct kg_error *error = kg_file_write(job->arena, path, program, sizeof(program), 0700);
	return error ? kg_error_wrap(job->arena, error, "cannot put kgraph-stream in place") : NULL;
}

const char *const *
kg_stream_exec(struct kg_job *job, const struct kg_stream_where *where, bool has_input, struct kg_error **ret_error)
{
	const char *const options[][2] = { { "--kubeconfig", where->kubeconfig }, { "--context", where->context },
		{ "--namespace", where->namespace_ }, { kg_format(job->arena, "--%s", where->kind), where->name },
		{ "--container", where->container } };
	KG_LIST(const char *) argv = { 0 };
	const char *path;

	*ret_error = kg_stream_program(job, &path);
	if (*ret_error)
		return NULL;
	kg_list_push(job->arena, &argv, path);
	kg_list_push(job->arena, &argv, "exec");
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!options[i][1] || !*options[i][1])
			continue;
		kg_list_push(job->arena, &argv, options[i][0]);
		kg_list_push(job->arena, &argv, options[i][1]);
	}
	if (has_input)
		kg_list_push(job->arena, &argv, "--input");
	kg_list_push(job->arena, &argv, "--");
	kg_list_push(job->arena, &argv, NULL);
	return argv.items;
}
