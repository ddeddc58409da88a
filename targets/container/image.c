/* A container image: what a node says of it, and whether the last one is still there. How it is got is in image_run.c. */
#include "targets/container/image.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "targets/container/image_inside.h"

static constexpr size_t tag_longest = 100;

static const struct kg_field secret_fields[] = {
	KG_FIELD(kg_image_secret, id, KG_TEXT, KG_REQUIRED, "its name in `RUN --mount=type=secret,id=…`"),
	KG_FIELD(kg_image_secret, file, KG_PATH, KG_NOT_HASHED, "the file that holds it"),
	KG_FIELD(kg_image_secret, value, KG_TEXT, KG_NOT_HASHED, "the secret itself, such as \"${secrets.token}\""),
	{ 0 },
};

static const struct kg_field image_fields[] = {
	KG_FIELD(kg_image_spec, context, KG_PATH, 0, "the folder that the builder sees", .fallback = "."),
	KG_FIELD(
	    kg_image_spec, file, KG_PATH, 0, "the Containerfile or Dockerfile; when absent, the one of that name in the context"),
	KG_FIELD(kg_image_spec, name, KG_TEXT, 0, "the image's name in `localhost/NAME`; when absent, the last part of the node's"),
	KG_FIELD(
	    kg_image_spec, tag, KG_TEXT, 0, "what its tag starts with, before eight digits of its content, such as who uses it"),
	KG_FIELD(kg_image_spec, target, KG_TEXT, 0, "the stage that is built, by name or number; when absent, the last one"),
	KG_FIELD(kg_image_spec, build_args, KG_MAP, KG_NO_SECRET, "values for ARG"),
	KG_FIELD(kg_image_spec, volatile_args, KG_MAP, KG_NO_SECRET | KG_NOT_HASHED,
	    "values for ARG that do not count, such as a build's date: a change of one builds nothing"),
	KG_FIELD(kg_image_spec, base, KG_TEXT, 0, "what the first FROM from outside is replaced by, such as \"${node.base.ref}\""),
	KG_FIELD(kg_image_spec, bases, KG_MAP, 0,
	    "what images are replaced by, by their names in FROM, COPY --from and RUN --mount=from"),
	KG_FIELD(kg_image_spec, platform, KG_TEXT, 0, "what it is built for, such as \"linux/arm64\"; when absent, this machine"),
	KG_FIELD(kg_image_spec, secrets, KG_RECORDS, 0,
	    "what RUN may read, and what gets neither into the image nor into a log; their content does not count",
	    .fields = secret_fields, .size = sizeof(struct kg_image_secret)),
	KG_FIELD(kg_image_spec, network, KG_TEXT, KG_NOT_HASHED, "the network of RUN, such as \"host\" or \"none\""),
	KG_FIELD(kg_image_spec, alone, KG_FLAG, KG_NOT_HASHED,
	    "when the build is killed for lack of memory, it is tried once more while no other build runs"),
	KG_ENGINE_FIELD(kg_image_spec),
	{ 0 },
};

/* True when text is made of what names of images are made of: lower case, digits, and signs between them. */
static bool
is_name(const char *text)
{
	for (const char *at = text; *at; at++)
		if (!islower((unsigned char)*at) && !isdigit((unsigned char)*at) && (!strchr("._-/", *at) || at == text || !at[1]))
			return false;
	return *text != 0;
}

static bool
is_tag(const char *text)
{
	for (const char *at = text; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '_' && (!strchr(".-", *at) || at == text))
			return false;
	return strlen(text) <= tag_longest;
}

static bool
is_open(const char *text)
{
	return strstr(text, "${") != NULL;
}

static struct kg_error *
check_secrets(struct kg_arena *arena, const struct kg_image_spec *spec)
{
	for (const struct kg_image_secret *const *one = spec->secrets; one && *one; one++) {
		if (!(*one)->file == !(*one)->value)
			return kg_error_make(arena, KG_EINPUT, "the secret `%s` has either `file` or `value`", (*one)->id);
		if (strpbrk((*one)->id, ",= \t\n") || !*(*one)->id)
			return kg_error_make(arena, KG_EINPUT, "`%s` is not an id of a secret", (*one)->id);
		if ((*one)->file && strchr((*one)->file, ','))
			return kg_error_make(
			    arena, KG_EINPUT, "%s: builders take no secret from a file with a comma in its name", (*one)->file);
	}
	return NULL;
}

static struct kg_error *
check(struct kg_arena *arena, const void *given)
{
	const struct kg_image_spec *spec = given;

	if (spec->name && !is_open(spec->name) && !is_name(spec->name))
		return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "`%s` cannot be an image's name", spec->name),
		    "it has lower-case letters, digits, and ., _, - or / between them");
	if (spec->tag && !is_open(spec->tag) && !is_tag(spec->tag))
		return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "`%s` cannot be the start of a tag", spec->tag),
		    "it has at most 100 letters, digits, _, . and -, and does not start with one of the latter two");
	for (const struct kg_pair *one = spec->build_args; one && one->name; one++)
		for (const struct kg_pair *other = spec->volatile_args; other && other->name; other++)
			if (strcmp(one->name, other->name) == 0)
				return kg_error_make(arena, KG_EINPUT,
				    "`%s` is in `build_args` and in `volatile_args`: it counts, or it does not", one->name);
	return check_secrets(arena, spec);
}

const char *
kg_image_file(struct kg_arena *arena, const struct kg_image_spec *spec)
{
	if (spec->file)
		return spec->file;
	const char *path = kg_path_join(arena, spec->context, "Containerfile");
	return access(path, F_OK) == 0 ? path : kg_path_join(arena, spec->context, "Dockerfile");
}

/* The rules are the builders' own: docker's know no .containerignore; podman's take .dockerignore first, but in the context. */
const char *const *
kg_image_ignore_files(struct kg_arena *arena, const struct kg_image_spec *spec)
{
	const char *file = kg_image_file(arena, spec);
	struct kg_arguments list = { .arena = arena };
	struct kg_engine engine;
	bool is_docker = !kg_engine_find(arena, spec->engine.engine, &engine) && engine.driver == &kg_docker;

	kg_arguments_add(&list, kg_format(arena, "%s.dockerignore", file), NULL);
	if (!is_docker)
		kg_arguments_add(&list, kg_format(arena, "%s.containerignore", file), NULL);
	if (!is_docker)
		kg_arguments_add(&list, kg_path_join(arena, spec->context, ".containerignore"), NULL);
	kg_arguments_add(&list, kg_path_join(arena, spec->context, ".dockerignore"), NULL);
	return kg_arguments_end(&list);
}

static void
inputs(struct kg_inputs *inputs, const void *given, const struct kg_common *common)
{
	const struct kg_image_spec *spec = given;
	struct kg_arena *arena = kg_inputs_arena(inputs);
	const char **always = kg_new_array(arena, const char *, 2);

	(void)common;
	always[0] = kg_image_file(arena, spec);
	kg_inputs_add_context(inputs, spec->context, kg_image_ignore_files(arena, spec), always);
}

/* The last part of the node's name, with signs that no image may have left out. */
static const char *
default_name(struct kg_job *job)
{
	const char *dot = strrchr(job->name, '.');
	struct kg_text text = { .arena = job->arena };

	for (const char *at = dot ? dot + 1 : job->name; *at; at++) {
		char sign = (char)tolower((unsigned char)*at);

		if ((islower((unsigned char)sign) || isdigit((unsigned char)sign)) ||
		    (text.size > 0 && at[1] && strchr("_-", sign)))
			kg_text_add_bytes(&text, &sign, 1);
	}
	return text.size > 0 ? kg_text_end(&text) : "image";
}

const char *
kg_image_ref(struct kg_job *job, const char *id)
{
	const struct kg_image_spec *spec = job->spec;
	const char *name = spec->name ? spec->name : default_name(job), *tag = spec->tag ? spec->tag : "";

	return kg_format(job->arena, "localhost/%s:%s%s%.8s", name, tag, *tag ? "-" : "", id);
}

bool
kg_image_has_name(const struct kg_image *image, const char *name)
{
	for (const char *const *one = image->names; *one; one++)
		if (strcmp(*one, name) == 0)
			return true;
	return false;
}

/* A base that is not there any more is no reason to build: what was made from it is. */
static struct kg_next
bases_compare(struct kg_job *job, const struct kg_image_survey *survey, const struct kg_image_note *note)
{
	for (const struct kg_pair *base = note->bases; base->name; base++) {
		const struct kg_image *now = kg_images_find(&survey->images, job->arena, base->name);

		if (now && strcmp(now->id, base->value) != 0 && !kg_text_starts(base->value, "sha256:"))
			return kg_absent(job, "its base %s is another image now", base->name);
	}
	return kg_done(job);
}

static struct kg_next
look(struct kg_job *job)
{
	const struct kg_image_survey *survey = job->survey;
	const char *id = kg_job_remembered(job, "id"), *ref = kg_job_remembered(job, "ref");
	struct kg_image_note note;

	if (!survey)
		return kg_absent(job, "the engine cannot tell which images it has");
	if (!id || !ref || !kg_text_starts(id, "sha256:") || !kg_image_note_read(job->arena, job->keep, &note) ||
	    strcmp(note.id, id + strlen("sha256:")) != 0)
		return kg_absent(job, "it is not known what the last one was made from");
	const struct kg_image *image = kg_images_by_id(&survey->images, note.id);
	if (!image)
		return kg_absent(job, "the image is gone");
	if (!kg_image_has_name(image, ref))
		return kg_absent(job, "its tag is gone");
	if (strcmp(note.engine, kg_image_engine_mark(job->arena, &survey->engine)) != 0)
		return kg_absent(job, "%s is another version now", survey->engine.driver->name);
	return bases_compare(job, survey, &note);
}

const struct kg_kind kg_kind_image = {
	.facts = {
		.name = "image",
		.version = 1,
		.summary = "a container image, built when its content has changed",
		.fields = image_fields,
		.outputs = (const char *const[]){ "ref", "id", "digest", NULL },
		.spec_size = sizeof(struct kg_image_spec),
		.check = check,
	},
	.state_size = sizeof(struct kg_image_state),
	.survey_size = sizeof(struct kg_image_survey),
	.inputs = inputs,
	.survey_key = kg_engine_key,
	.survey = kg_image_survey,
	.look = look,
	.run = kg_image_run,
	.publish = kg_image_publish,
	.collect = kg_image_collect,
	.pool = "build",
	.memory_bytes = (int64_t)2 << 30,
	.close = kg_image_close,
};
