#include "targets/kubernetes/log_lines.h"

#include <ctype.h>
#include <string.h>

static constexpr size_t line_most = 1 << 20;
static constexpr size_t seconds_length = sizeof("2026-11-21T16:58:00") - 1;

/* How long the time is that a line begins with; 0: with none, as where the kubelet says something of its own. */
static size_t
time_length(const char *line)
{
	static const char form[] = "0000-00-00T00:00:00";
	size_t length = strcspn(line, " ");

	if (line[length] != ' ' || length <= seconds_length || length >= sizeof(((struct kg_log_lines *)NULL)->last))
		return 0;
	for (size_t i = 0; i < seconds_length; i++)
		if (form[i] == '0' ? !isdigit((unsigned char)line[i]) : line[i] != form[i])
			return 0;
	return length;
}

/* Of one machine, and so of one zone. Zeros at the end of a fraction may have been left out. */
static int
time_compare(const char *a, const char *b)
{
	int order = memcmp(a, b, seconds_length);

	a += seconds_length;
	b += seconds_length;
	a += *a == '.';
	b += *b == '.';
	while (order == 0 && (isdigit((unsigned char)*a) || isdigit((unsigned char)*b))) {
		int digit = isdigit((unsigned char)*a) ? *a++ : '0', other = isdigit((unsigned char)*b) ? *b++ : '0';

		order = digit - other;
	}
	return order;
}

/* False when a line of that time was said before it broke off. */
static bool
is_news(struct kg_log_lines *lines, const char *line, size_t length)
{
	int order = *lines->last ? time_compare(line, lines->last) : 1;

	if (lines->is_resumed && order < 0)
		return false;
	if (lines->is_resumed && order == 0 && lines->known > 0) {
		lines->known--;
		return false;
	}
	lines->is_resumed = false;
	if (order == 0) {
		lines->last_count++;
	} else if (order > 0) {
		memcpy(lines->last, line, length);
		lines->last[length] = '\0';
		lines->last_count = 1;
	}
	return true;
}

static void
piece_say(struct kg_log_lines *lines, bool is_end)
{
	const char *text = kg_text_end(&lines->line);
	size_t length = lines->has_times && !lines->is_rest ? time_length(text) : 0;

	if (length > 0)
		lines->is_left_out = !is_news(lines, text, length);
	else if (!lines->is_rest)
		lines->is_left_out = false;
	if (!lines->is_left_out)
		lines->say(lines->context, text + length + (length > 0));
	lines->is_rest = !is_end;
	lines->line.size = 0;
}

void
kg_log_lines_take(struct kg_log_lines *lines, const char *bytes, size_t size)
{
	while (size > 0) {
		const char *end = memchr(bytes, '\n', size);
		size_t length = end ? (size_t)(end - bytes) : size, used = end ? length + 1 : length;

		kg_text_add_bytes(&lines->line, bytes, length);
		if (end || lines->line.size > line_most)
			piece_say(lines, end);
		bytes += used;
		size -= used;
	}
}

const char *
kg_log_lines_resume(struct kg_log_lines *lines)
{
	lines->line.size = 0;
	lines->is_rest = false;
	lines->is_resumed = *lines->last != '\0';
	lines->known = lines->last_count;
	return lines->is_resumed ? lines->last : NULL;
}

void
kg_log_lines_end(struct kg_log_lines *lines)
{
	if (lines->line.size > 0)
		piece_say(lines, true);
}
