/* Reading what builders print. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/container/containerfile.h"
#include "targets/container/image_build.h"

static constexpr size_t step_longest = 72;

/* "3/7" at *at, which goes on behind it; number from 1 on. */
static bool
fraction_read(const char **at, uint32_t *ret_number)
{
	char *end;
	unsigned long number = strtoul(*at, &end, 10);

	if (!isdigit((unsigned char)**at) || *end != '/' || !isdigit((unsigned char)end[1]) || number > 100000)
		return false;
	*ret_number = (uint32_t)number;
	*at = end + 1 + strspn(end + 1, "0123456789");
	return true;
}

/* podman: "STEP 2/3: RUN x", "[1/2] STEP 2/3: RUN x"; docker's older builder: "Step 2/3 : RUN x". */
static bool
numbered_read(const char *line, struct kg_build_step *ret_step)
{
	bool has_stage = line[0] == '[';
	uint32_t stage = 1;

	line += has_stage;
	if (has_stage && (!fraction_read(&line, &stage) || strncmp(line, "] ", 2) != 0))
		return false;
	line += has_stage ? 2 : 0;
	bool is_classic = kg_text_starts(line, "Step ");
	if (!is_classic && !kg_text_starts(line, "STEP "))
		return false;
	line += strlen("STEP ");
	if (!fraction_read(&line, &ret_step->number) || stage == 0)
		return false;
	line += is_classic && *line == ' ';
	if (strncmp(line, ": ", 2) != 0)
		return false;
	ret_step->stage = is_classic ? KG_CONTAINERFILE_OUTSIDE : stage - 1;
	ret_step->text = line + 2;
	return true;
}

/* BuildKit: "#7 [build 2/4] RUN make"; its numbers leave out what makes no layer. */
static bool
buildkit_read(const char *line, struct kg_build_step *ret_step)
{
	if (line[0] != '#' || !isdigit((unsigned char)line[1]))
		return false;
	line += 1 + strspn(line + 1, "0123456789");
	const char *end = strncmp(line, " [", 2) == 0 ? strchr(line, ']') : NULL;
	if (!end || end[1] != ' ' || !memchr(line, '/', (size_t)(end - line)) || !isupper((unsigned char)end[2]))
		return false;
	*ret_step = (struct kg_build_step){ .stage = KG_CONTAINERFILE_OUTSIDE, .text = end + 2 };
	return true;
}

bool
kg_build_step_read(const char *line, struct kg_build_step *ret_step)
{
	return numbered_read(line, ret_step) || buildkit_read(line, ret_step);
}

uint32_t
kg_build_line_read(const char *line, const char *file_name)
{
	size_t length = strlen(file_name);

	if (strncmp(line, file_name, length) != 0 || line[length] != ':')
		return 0;
	const char *digits = line + length + 1;
	size_t count = strspn(digits, "0123456789");
	return count > 0 && count < 8 && digits[count] == 0 ? (uint32_t)strtoul(digits, NULL, 10) : 0;
}

const char *
kg_build_step_short(struct kg_arena *arena, const char *step)
{
	struct kg_text text = { .arena = arena };

	for (const char *at = step; *at && text.size < step_longest; at++) {
		size_t length = kg_text_utf8_length(at, strlen(at));

		if (!isspace((unsigned char)*at))
			kg_text_add_bytes(&text, at, length > 0 ? length : 1);
		else if (text.size > 0 && text.bytes[text.size - 1] != ' ')
			kg_text_add(&text, " ");
		at += length > 0 ? length - 1 : 0;
		if (text.size >= step_longest && at[1])
			kg_text_add(&text, "…");
	}
	return kg_text_end(&text);
}

/* The text behind the last of these marks in the line; NULL when it has none. */
static const char *
behind(const char *line, const char *mark)
{
	const char *found = strstr(line, mark);

	return found ? found + strlen(mark) : NULL;
}

/* 'Error: building at STEP "RUN make": while running runtime: exit status 2' */
static const char *
podman_reason(struct kg_arena *arena, const char *line, const char *step)
{
	static const char start[] = "building at STEP \"";
	const char *said = behind(line, start);

	if (!said)
		return kg_text_starts(line, "Error: ") ? line + strlen("Error: ") : NULL;
	if (step && kg_text_starts(said, step) && kg_text_starts(said + strlen(step), "\": "))
		said += strlen(step);
	else
		said = strstr(said, "\": ");
	if (!said)
		return NULL;
	said += strlen("\": ");
	const char *status = behind(said, "while running runtime: ");
	if (status)
		return status;
	/* Of what it does not know it prints how it was parsed. */
	const char *unknown = behind(said, "Build error: ");
	const char *parsed = unknown ? strstr(unknown, " &imagebuilder.Step") : NULL;
	return parsed ? kg_copy_bytes(arena, unknown, (size_t)(parsed - unknown)) : said;
}

static const char *
docker_reason(struct kg_arena *arena, const char *line)
{
	static const char *const codes[] = {
		"returned a non-zero code: ", "did not complete successfully: exit code: ", "]: exit code: "
	};
	const char *code = NULL;

	/* BuildKit says it among what the step prints as well. */
	for (size_t i = 0; !code && line[0] != '#' && i < sizeof(codes) / sizeof(codes[0]); i++)
		code = behind(line, codes[i]);
	if (code)
		return kg_format(arena, "exit status %s", code);
	const char *said = behind(line, "failed to solve: ");
	return said || !kg_text_starts(line, "ERROR: ") ? said : line + strlen("ERROR: ");
}

/*
 * What the failed step printed, of a line of BuildKit's: "#5 0.546 cc: no" is "cc: no"; other lines with a number are its own. NULL: nothing. Other builders'
 * lines are as they are.
 */
static const char *
printed_by_step(const char *line)
{
	if (line[0] != '#' || !isdigit((unsigned char)line[1]))
		return strstr(line, "&imagebuilder.Step") ? NULL : line;
	line += 1 + strspn(line + 1, "0123456789");
	size_t seconds = *line == ' ' ? strspn(line + 1, "0123456789.") : 0;
	return seconds > 0 && line[1 + seconds] == ' ' ? line + 2 + seconds : NULL;
}

void
kg_build_failure_read(struct kg_arena *arena, const char *last_lines, const char *step, struct kg_build_failure *ret_failure)
{
	struct kg_text printed = { .arena = arena };
	struct kg_build_step begun;
	bool is_summed_up = false;

	*ret_failure = (struct kg_build_failure){ .is_disk_full = strstr(last_lines, "no space left on device") != NULL };
	for (const char *at = last_lines; *at;) {
		size_t length = strcspn(at, "\n");
		const char *line = kg_copy_bytes(arena, at, length), *reason = podman_reason(arena, line, step);
		const char *own = printed_by_step(line);

		if (!reason)
			reason = docker_reason(arena, line);
		/* What comes behind it was said before. */
		is_summed_up = is_summed_up || strcmp(line, "------") == 0;
		if (kg_build_step_read(line, &begun))
			printed = (struct kg_text){ .arena = arena };
		else if (!reason && own && !is_summed_up)
			kg_text_format(&printed, "%s%s", printed.size > 0 ? "\n" : "", own);
		if (reason)
			ret_failure->reason = reason;
		at += length + (at[length] == '\n');
	}
	ret_failure->printed = kg_text_end(&printed);
}

bool
kg_build_tells_killed(const char *last_lines)
{
	static const char *const words[] = { "exit status 137", "exit code: 137", "non-zero code: 137", "signal: killed" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *found = strstr(last_lines, words[i]);

		if (found && !isdigit((unsigned char)found[strlen(words[i])]))
			return true;
	}
	return false;
}
