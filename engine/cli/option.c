#include "engine/cli/option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/field.h"
#include "engine/base/list.h"
#include "engine/base/text.h"

/* An option as it was written. Whether it belongs there is settled when the command is known, which may come after it. */
struct occurrence {
	const struct kg_option *option; /* by what was known when it was read */
	const char *written;            /* for messages: "--jobs" or "-j" */
	const char *name;               /* NULL when it was written as a letter */
	char letter;
	const char *value; /* NULL: none was given */
};

struct reading {
	struct kg_arena *arena;
	const struct kg_command *commands, *command;
	const char *const *words;
	KG_LIST(struct occurrence) occurrences;
	KG_LIST(const char *) arguments;
};

const struct kg_command *
kg_command_find(const struct kg_command *commands, const char *name)
{
	for (; commands->name; commands++)
		if (strcmp(commands->name, name) == 0)
			return commands;
	return NULL;
}

bool
kg_option_belongs(const struct kg_option *option, const struct kg_command *command)
{
	return (option->groups & (command->groups | KG_OPTION_ANY)) != 0;
}

const struct kg_option *
kg_option_find(const struct kg_command *command, const char *name, size_t length, char letter)
{
	const struct kg_option *found = NULL;
	uint32_t particular = command ? command->groups & ~(uint32_t)KG_OPTION_GRAPH : 0;

	for (const struct kg_option *option = kg_option_table; option->name; option++) {
		bool is_it = name ? strlen(option->name) == length && memcmp(option->name, name, length) == 0
				  : option->letter && option->letter == letter;

		if (!is_it)
			continue;
		/* `logs -f` follows, although -f names the graph file elsewhere. */
		if (option->groups & particular)
			return option;
		if (!found || (command && !kg_option_belongs(found, command)))
			found = option;
	}
	return found;
}

const char *
kg_option_tell(struct kg_arena *arena, const struct kg_option *option)
{
	const char *letter = option->letter ? kg_format(arena, "-%c, ", option->letter) : "    ";

	if (!option->value)
		return kg_format(arena, "%s--%s", letter, option->name);
	if (option->type == KG_OPTION_PATIENCE)
		return kg_format(arena, "%s--%s[=%s]", letter, option->name, option->value);
	return kg_format(arena, "%s--%s %s", letter, option->name, option->value);
}

/* The nearest one that the command takes, or any when that is not known yet. */
static struct kg_error *
option_unknown(struct reading *reading, const char *written, const char *name)
{
	KG_LIST(const char *) names = { 0 };
	struct kg_error *error = kg_error_make(reading->arena, KG_EINPUT, "unknown option `%s`", written);

	for (const struct kg_option *option = kg_option_table; option->name; option++)
		if (!reading->command || kg_option_belongs(option, reading->command))
			kg_list_push(reading->arena, &names, option->name);
	kg_list_push(reading->arena, &names, NULL);
	const char *nearest = name ? kg_text_nearest(name, names.items) : NULL;
	if (nearest)
		return kg_error_advise(reading->arena, error, "did you mean `--%s`?", nearest);
	return kg_error_advise(reading->arena, error, "`kgraph help%s%s` lists the options", reading->command ? " " : "",
	    reading->command ? reading->command->name : "");
}

static struct kg_error *
option_misplaced(struct reading *reading, const char *written, const struct kg_option *option)
{
	KG_LIST(const char *) names = { 0 };

	for (const struct kg_command *command = reading->commands; command->name; command++)
		if (!command->is_hidden && kg_option_belongs(option, command))
			kg_list_push(reading->arena, &names, kg_format(reading->arena, "`%s`", command->name));
	return kg_error_advise(reading->arena,
	    kg_error_make(reading->arena, KG_EINPUT, "`%s` is not an option of `kgraph %s`", written, reading->command->name),
	    "it belongs to %s", kg_text_enumerate(reading->arena, names.items, names.count, " and "));
}

static struct kg_error *
value_wrong(struct kg_arena *arena, const struct occurrence *given, const char *what)
{
	return kg_error_make(arena, KG_EINPUT, "`%s %s`: %s", given->written, given->value, what);
}

static struct kg_error *
word_wrong(struct kg_arena *arena, const struct kg_option *option, const struct occurrence *given)
{
	uint32_t count = 0;
	const char *nearest = kg_text_nearest(given->value, option->choices);

	while (option->choices[count])
		count++;
	struct kg_error *error = value_wrong(
	    arena, given, kg_format(arena, "the value must be %s", kg_text_enumerate(arena, option->choices, count, " or ")));
	return nearest ? kg_error_advise(arena, error, "did you mean `%s`?", nearest) : error;
}

static bool
count_read(const char *text, int64_t *ret_count)
{
	char *end;

	errno = 0;
	long long count = strtoll(text, &end, 10);
	if (errno || end == text || *end || count < 0 || count > 1000000000)
		return false;
	*ret_count = count;
	return true;
}

static struct kg_error *
number_set(struct kg_arena *arena, const struct kg_option *option, const struct occurrence *given, int64_t *ret_number)
{
	switch (option->type) {
	case KG_OPTION_COUNT:
		return count_read(given->value, ret_number) ? NULL : value_wrong(arena, given, "that is no whole number");
	case KG_OPTION_PATIENCE:
		if (!given->value) {
			*ret_number = -1;
			return NULL;
		}
		[[fallthrough]];
	case KG_OPTION_DURATION:
		if (kg_duration_read(given->value, ret_number) && *ret_number > 0)
			return NULL;
		return kg_error_advise(
		    arena, value_wrong(arena, given, "that is no duration"), "durations have units: 500ms, 30s, 5m, 1h30m");
	case KG_OPTION_SIZE:
		if (kg_size_read(given->value, ret_number))
			return NULL;
		return kg_error_advise(arena, value_wrong(arena, given, "that is no size"), "sizes have units: 512M, 5G");
	default:
		for (int64_t i = 0; option->choices[i]; i++) {
			if (strcmp(option->choices[i], given->value) == 0) {
				*ret_number = i;
				return NULL;
			}
		}
		return word_wrong(arena, option, given);
	}
}

static struct kg_error *
text_added(struct kg_arena *arena, const struct occurrence *given, const char *const **texts)
{
	uint32_t count = 0;

	if (!strchr(given->value, '=') || given->value[0] == '=')
		return kg_error_advise(arena, value_wrong(arena, given, "that sets nothing"), "write %s VAR=VALUE", given->written);
	while ((*texts)[count])
		count++;
	const char **longer = kg_new_array(arena, const char *, count + 2);
	memcpy(longer, *texts, count * sizeof(*longer));
	longer[count] = given->value;
	*texts = longer;
	return NULL;
}

static struct kg_error *
option_set(struct kg_arena *arena, const struct kg_option *option, const struct occurrence *given, struct kg_options *options)
{
	char *member = (char *)options + option->offset;

	if (option->type == KG_OPTION_FLAG) {
		if (given->value)
			return kg_error_make(arena, KG_EINPUT, "`%s` takes no value", given->written);
		*(bool *)(void *)member = true;
		return NULL;
	}
	if (!given->value && option->type != KG_OPTION_PATIENCE)
		return kg_error_make(arena, KG_EINPUT, "`%s` needs a value: %s %s", given->written, given->written, option->value);
	switch (option->type) {
	case KG_OPTION_TEXT:
		if (!*given->value)
			return kg_error_make(arena, KG_EINPUT, "`%s` needs a value: it is empty", given->written);
		/* Of --events the last may count; another graph, or another of its profiles, is not what was meant. */
		if (options->profile && (void *)member == (void *)&options->profile && strcmp(options->profile, given->value) != 0)
			return kg_error_make(arena, KG_EINPUT, "a run has one profile, and two are given: `%s` and `%s`",
			    options->profile, given->value);
		*(const char **)(void *)member = given->value;
		return NULL;
	case KG_OPTION_TEXTS: return text_added(arena, given, (const char *const **)(void *)member);
	case KG_OPTION_WORD:
		for (const char *const *choice = option->choices; *choice; choice++)
			if (strcmp(*choice, given->value) == 0)
				*(const char **)(void *)member = *choice;
		return *(const char **)(void *)member ? NULL : word_wrong(arena, option, given);
	default: return number_set(arena, option, given, (int64_t *)(void *)member);
	}
}

/* "--name", "--name=value", "--name value": *at is the word, and is moved on over a value that stands apart. */
static struct kg_error *
long_read(struct reading *reading, const char *const **at)
{
	const char *name = **at + 2, *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	const struct kg_option *option = kg_option_find(reading->command, name, length, 0);
	struct occurrence given = { .option = option, .name = kg_copy_bytes(reading->arena, name, length) };

	given.written = kg_format(reading->arena, "--%s", given.name);
	if (!option)
		return option_unknown(reading, given.written, given.name);
	if (equals)
		given.value = equals + 1;
	else if (option->value && option->type != KG_OPTION_PATIENCE && (*at)[1])
		given.value = *++*at;
	kg_list_push(reading->arena, &reading->occurrences, given);
	return NULL;
}

/* "-j4", "-j 4", "-vq" */
static struct kg_error *
letters_read(struct reading *reading, const char *const **at)
{
	for (const char *letter = **at + 1; *letter; letter++) {
		const struct kg_option *option = kg_option_find(reading->command, NULL, 0, *letter);
		struct occurrence given = {
			.option = option, .written = kg_format(reading->arena, "-%c", *letter), .letter = *letter
		};

		if (!option)
			return option_unknown(reading, given.written, NULL);
		if (option->value) {
			if (letter[1])
				given.value = letter + (letter[1] == '=' ? 2 : 1);
			else if ((*at)[1])
				given.value = *++*at;
			kg_list_push(reading->arena, &reading->occurrences, given);
			return NULL;
		}
		kg_list_push(reading->arena, &reading->occurrences, given);
	}
	return NULL;
}

static struct kg_error *
command_read(struct reading *reading, const char *name)
{
	KG_LIST(const char *) names = { 0 };

	reading->command = kg_command_find(reading->commands, name);
	if (reading->command)
		return NULL;
	for (const struct kg_command *command = reading->commands; command->name; command++)
		if (!command->is_hidden)
			kg_list_push(reading->arena, &names, command->name);
	kg_list_push(reading->arena, &names, NULL);
	const char *nearest = kg_text_nearest(name, names.items);
	struct kg_error *error = kg_error_make(reading->arena, KG_EINPUT, "unknown command `%s`", name);
	if (nearest)
		return kg_error_advise(reading->arena, error, "did you mean `%s`?", nearest);
	return kg_error_advise(reading->arena, error, "`kgraph help` lists the commands");
}

static struct kg_error *
words_read(struct reading *reading, struct kg_invocation *invocation)
{
	struct kg_error *error = NULL;

	for (const char *const *at = reading->words; !error && *at; at++) {
		if (strcmp(*at, "--") == 0) {
			if (reading->command && reading->command->takes_program) {
				invocation->program = at + 1;
				return NULL;
			}
			while (*++at)
				kg_list_push(reading->arena, &reading->arguments, *at);
			return NULL;
		}
		if (kg_text_starts(*at, "--")) {
			error = long_read(reading, &at);
		} else if ((*at)[0] == '-' && (*at)[1]) {
			error = letters_read(reading, &at);
		} else if (!reading->command) {
			error = command_read(reading, *at);
			if (!error && reading->command->is_raw) {
				while (*++at)
					kg_list_push(reading->arena, &reading->arguments, *at);
				return NULL;
			}
		} else {
			kg_list_push(reading->arena, &reading->arguments, *at);
		}
	}
	return error;
}

static struct kg_error *
options_set(struct reading *reading, struct kg_options *options)
{
	for (uint32_t i = 0; i < reading->occurrences.count; i++) {
		const struct occurrence *given = &reading->occurrences.items[i];
		size_t length = given->name ? strlen(given->name) : 0;
		const struct kg_option *option = given->option;

		/* The other `--format` may be meant. */
		if (reading->command && !kg_option_belongs(option, reading->command))
			option = kg_option_find(reading->command, given->name, length, given->letter);
		if (reading->command && !kg_option_belongs(option, reading->command))
			return option_misplaced(reading, given->written, option);
		struct kg_error *error = option_set(reading->arena, option, given, options);
		if (error)
			return error;
	}
	return NULL;
}

static struct kg_error *
arguments_check(struct reading *reading, const struct kg_invocation *invocation)
{
	const struct kg_command *command = reading->command;
	const char *wrong = NULL;

	if (command->is_raw || invocation->options.help || invocation->options.version)
		return NULL;
	if (command->takes_program && !(invocation->program && invocation->program[0]))
		wrong = "needs a program to run after `--`";
	else if (invocation->argument_count < command->fewest)
		wrong = command->naming == KG_NAMES_NODE ? "needs the name of a node" : "needs an argument";
	else if (invocation->argument_count > command->most)
		wrong = command->most == 0 ? "takes no arguments" : "takes one argument only";
	if (!wrong)
		return NULL;
	return kg_error_advise(reading->arena, kg_error_make(reading->arena, KG_EINPUT, "`kgraph %s` %s", command->name, wrong),
	    "kgraph %s%s%s", command->name, *command->arguments ? " " : "", command->arguments);
}

struct kg_error *
kg_invocation_read(
    struct kg_arena *arena, const struct kg_command *commands, const char *const *words, struct kg_invocation *ret_invocation)
{
	static const char *const none[] = { NULL };
	struct reading reading = { .arena = arena, .commands = commands, .words = words };

	*ret_invocation = (struct kg_invocation){ .options = { .sets = none, .lines = -1, .size_bytes = -1, .images_bytes = -1 } };
	struct kg_error *error = words_read(&reading, ret_invocation);
	ret_invocation->command = reading.command;
	kg_list_push(arena, &reading.arguments, NULL);
	ret_invocation->arguments = reading.arguments.items;
	ret_invocation->argument_count = reading.arguments.count - 1;
	if (!error)
		error = options_set(&reading, &ret_invocation->options);
	if (!error && reading.command)
		error = arguments_check(&reading, ret_invocation);
	return error;
}
