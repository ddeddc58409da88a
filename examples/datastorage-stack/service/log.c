#include "log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

static const char *const level_names[] = { "debug", "info", "warn", "error" };
static enum log_level lowest_level = LOG_LEVEL_INFO;

void
log_set_level(enum log_level level)
{
	lowest_level = level;
}

_Bool
log_level_parse(const char *name, enum log_level *ret_level)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*ret_level = (enum log_level)i;
			return 1;
		}
	}
	return 0;
}

static void
add_time(struct text *line)
{
	struct timespec now;
	struct tm parts;
	char date[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
	text_add(line, "{\"time\":\"%s.%03ldZ\"", date, now.tv_nsec / 1000000);
}

static void
write_whole(const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(STDOUT_FILENO, bytes, length);

		if (written <= 0)
			return; /* nobody reads the log any more; that is no reason to stop serving */
		bytes += written;
		length -= (size_t)written;
	}
}

void
log_write(enum log_level level, const char *message, const struct log_field *fields)
{
	struct text line = { 0 };

	if (level < lowest_level)
		return;
	add_time(&line);
	text_add(&line, ",\"level\":\"%s\",\"message\":", level_names[level]);
	text_add_json(&line, message);
	for (const struct log_field *field = fields; field->name; field++) {
		text_add(&line, ",\"%s\":", field->name);
		if (field->text)
			text_add_json(&line, field->text);
		else
			text_add(&line, "%lld", field->number);
	}
	text_add(&line, "}\n");
	/* One write a line: lines of several threads do not mix, even in a pipe, as long as they are shorter than a page. */
	write_whole(line.bytes, line.length);
	text_free(&line);
}
