#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct setting {
	const char *name;
	size_t offset;
	const char *text;       /* what it is when it is not said; NULL: it must be said, or it is a number */
	long number, low, high; /* a number when high is not zero */
};

#define TEXT(field, standard) { #field, offsetof(struct config, field), standard, 0, 0, 0 }
#define NUMBER(field, standard, low, high) { #field, offsetof(struct config, field), NULL, standard, low, high }

static const struct setting settings[] = {
	TEXT(listen_host, "127.0.0.1"),
	NUMBER(listen_port, 8080, 0, 65535),
	NUMBER(workers, 8, 1, 64),
	TEXT(database_host, "127.0.0.1"),
	NUMBER(database_port, 5432, 1, 65535),
	TEXT(database_name, NULL),
	TEXT(database_user, NULL),
	NUMBER(database_timeout_ms, 5000, 100, 600000),
	TEXT(redis_host, "127.0.0.1"),
	NUMBER(redis_port, 6379, 1, 65535),
	TEXT(dead_letter_stream, "datastorage:dead-letter"),
	NUMBER(dead_letter_limit, 100000, 1, LONG_MAX),
	NUMBER(max_body_bytes, 1 << 20, 1024, 1 << 30),
	NUMBER(max_batch_events, 500, 1, 100000),
	NUMBER(stop_timeout_ms, 10000, 0, 600000),
	TEXT(log_level, "info"),
};

enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

static char **
text_of(struct config *config, const struct setting *setting)
{
	return (char **)((char *)config + setting->offset);
}

static long *
number_of(struct config *config, const struct setting *setting)
{
	return (long *)((char *)config + setting->offset);
}

static char *
trim(char *string)
{
	char *end;

	string += strspn(string, " \t\r\n");
	end = string + strlen(string);
	while (end > string && strchr(" \t\r\n", end[-1]))
		end--;
	*end = '\0';
	return string;
}

/* The value without its quotes, or without the comment behind it. NULL when a quote is not closed. */
static char *
bare_value(char *value)
{
	char quote = value[0];
	char *end;

	if (quote != '"' && quote != '\'') {
		end = strstr(value, " #");
		if (end)
			*end = '\0';
		return trim(value);
	}
	end = strchr(value + 1, quote);
	if (!end)
		return NULL;
	*end = '\0';
	return value + 1;
}

static void
set_value(struct config *config, const struct setting *setting, const char *value, const char *place, struct text *problems)
{
	long number;
	char *end;

	if (setting->high == 0) {
		*text_of(config, setting) = memory_copy(value);
		return;
	}
	errno = 0;
	number = strtol(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || number < setting->low || number > setting->high) {
		text_add(problems, "%s: %s is \"%s\", and must be a whole number from %ld to %ld\n", place, setting->name, value,
		    setting->low, setting->high);
		return;
	}
	*number_of(config, setting) = number;
}

/* One line of the file: nothing, or one setting. */
static void
read_line(struct config *config, bool *seen, char *line, const char *place, struct text *problems)
{
	char *key = trim(line), *value = strchr(key, ':');

	if (key[0] == '\0' || key[0] == '#')
		return;
	if (!value) {
		text_add(problems, "%s: this is not `key: value`\n", place);
		return;
	}
	*value = '\0';
	key = trim(key);
	value = bare_value(trim(value + 1));
	if (!value) {
		text_add(problems, "%s: the quote behind `%s:` is not closed\n", place, key);
		return;
	}
	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(settings[i].name, key) != 0)
			continue;
		if (seen[i])
			text_add(problems, "%s: `%s` was set before\n", place, key);
		else
			set_value(config, &settings[i], value, place, problems);
		seen[i] = true;
		return;
	}
	text_add(problems, "%s: unknown key `%s`\n", place, key);
}

static void
fill_in(struct config *config, const bool *seen, const char *path, struct text *problems)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		if (seen[i])
			continue;
		if (settings[i].high > 0)
			*number_of(config, &settings[i]) = settings[i].number;
		else if (settings[i].text)
			*text_of(config, &settings[i]) = memory_copy(settings[i].text);
		else
			text_add(problems, "%s: `%s` is missing\n", path, settings[i].name);
	}
}

static void
check(struct config *config, struct text *problems)
{
	const char *password = getenv("DB_PASSWORD");
	enum log_level level;

	if (!password)
		text_add(problems, "the environment variable DB_PASSWORD is not set\n");
	else
		config->database_password = memory_copy(password);
	if (config->log_level && !log_level_parse(config->log_level, &level))
		text_add(problems, "log_level is \"%s\", and must be debug, info, warn or error\n", config->log_level);
}

bool
config_read(struct config *ret_config, const char *path, struct text *problems)
{
	bool seen[SETTINGS] = { 0 };
	struct text place = { 0 };
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "re");

	*ret_config = (struct config){ 0 };
	if (!file) {
		text_add(problems, "%s: cannot be read: %s\n", path, strerror(errno));
		return false;
	}
	for (int number = 1; getline(&line, &size, file) >= 0; number++) {
		text_clear(&place);
		text_add(&place, "%s:%d", path, number);
		read_line(ret_config, seen, line, text_get(&place), problems);
	}
	free(line);
	fclose(file);
	text_free(&place);
	fill_in(ret_config, seen, path, problems);
	check(ret_config, problems);
	return problems->length == 0;
}

void
config_free(struct config *config)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		if (settings[i].high == 0)
			free(*text_of(config, &settings[i]));
	}
	free(config->database_password);
}
