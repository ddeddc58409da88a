#include "engine/probe.h"

#include <stdarg.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/clock.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"
#include "engine/probe/attempt.h"
#include "engine/target.h"

static constexpr int64_t pause_first_ms = 25;
static constexpr int64_t pause_longest_ms = 250;
/* How often the subject's life is looked at while an attempt waits. */
static constexpr int64_t life_ms = 250;

const struct kg_field kg_probe_fields[] = {
	KG_FIELD(kg_probe, tcp, KG_TEXT, 0, "HOST:PORT that accepts a connection"),
	KG_FIELD(kg_probe, http, KG_TEXT, 0, "URL that answers with a status from 200 to 399, or as the keys below say"),
	KG_FIELD(kg_probe, status, KG_INTEGER, 0, "of http: the only status that counts"),
	KG_FIELD(kg_probe, header, KG_MAP, 0, "of http: headers, and what each must hold"),
	KG_FIELD(kg_probe, body, KG_TEXT, 0, "of http: text that the body must hold"),
	KG_FIELD(kg_probe, ca_file, KG_PATH, 0, "of http: PEM file with the authorities that are trusted instead of the system's"),
	KG_FIELD(kg_probe, insecure, KG_FLAG, 0, "of http: take any certificate"),
	KG_FIELD(kg_probe, exec, KG_TEXTS, KG_NO_SECRET, "program and arguments that exit with status 0"),
	KG_FIELD(kg_probe, user, KG_TEXT, 0, "of exec: whom it runs as when kgraph runs as root"),
	KG_FIELD(kg_probe, log, KG_TEXT, 0, "POSIX extended regular expression that a line of the log matches"),
	KG_FIELD(kg_probe, postgresql, KG_TEXT, 0, "URL of a database that answers a query"),
	KG_FIELD(kg_probe, query, KG_TEXT, 0,
	    "of postgresql: a query that must give a row whose first value is neither null nor false; SELECT 1 when absent"),
	KG_FIELD(kg_probe, redis, KG_TEXT, 0, "HOST:PORT or redis://:PASSWORD@HOST:PORT that answers PING with PONG"),
	KG_FIELD_AS("timeout", kg_probe, timeout_ms, KG_DURATION, 0, "how long it may take from the first try", .fallback = "60s"),
	KG_FIELD_AS("attempt", kg_probe, attempt_ms, KG_DURATION, 0, "how long a single try may take", .fallback = "5s"),
	{ 0 },
};

struct rule {
	const char *name;
	bool is_set;
	kg_step *begin;
};

static constexpr size_t rule_count = 6;

/* All rules, so that what is set can be counted and found alike. */
static void
rules_of(const struct kg_probe *probe, struct rule rules[static rule_count])
{
	const struct rule all[] = {
		{ "tcp", probe->tcp != NULL, kg_probe_tcp_try },
		{ "http", probe->http != NULL, kg_probe_http_try },
		{ "exec", probe->exec != NULL, kg_probe_exec_try },
		{ "log", probe->log != NULL, kg_probe_log_try },
		{ "postgresql", probe->postgresql != NULL, kg_probe_postgresql_try },
		{ "redis", probe->redis != NULL, kg_probe_redis_try },
	};
	static_assert(sizeof(all) / sizeof(all[0]) == rule_count);

	memcpy(rules, all, sizeof(all));
}

static struct kg_error *
of_another_rule(struct kg_arena *arena, const char *key, const char *rule)
{
	return kg_error_make(arena, KG_EINPUT, "`%s` in `ready` goes with `%s` only", key, rule);
}

static struct kg_error *
companions_check(struct kg_arena *arena, const struct kg_probe *probe)
{
	const char *of_http = probe->status ? "status" : probe->header ? "header" : probe->body ? "body" : NULL;

	if (!of_http)
		of_http = probe->ca_file ? "ca_file" : probe->insecure ? "insecure" : NULL;
	if (of_http && !probe->http)
		return of_another_rule(arena, of_http, "http");
	if (probe->query && !probe->postgresql)
		return of_another_rule(arena, "query", "postgresql");
	if (probe->user && !probe->exec)
		return of_another_rule(arena, "user", "exec");
	if (probe->timeout_ms <= 0 || probe->attempt_ms <= 0)
		return kg_error_make(arena, KG_EINPUT, "`%s` in `ready` must be longer than nothing",
		    probe->timeout_ms <= 0 ? "timeout" : "attempt");
	return NULL;
}

struct kg_error *
kg_probe_check(struct kg_arena *arena, const struct kg_probe *probe)
{
	struct rule rules[rule_count];
	const char *names[rule_count];
	size_t set = 0;

	rules_of(probe, rules);
	for (size_t i = 0; i < rule_count; i++)
		if (rules[i].is_set)
			names[set++] = kg_format(arena, "`%s`", rules[i].name);
	if (set == 0)
		return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "`ready` has no rule"),
		    "it takes one of tcp, http, exec, log, postgresql and redis");
	if (set > 1)
		return kg_error_make(
		    arena, KG_EINPUT, "`ready` takes one rule, not %s", kg_text_enumerate(arena, names, set, " and "));

	struct kg_error *error = companions_check(arena, probe);
	if (error)
		return error;
	if (probe->tcp)
		return kg_probe_tcp_check(arena, probe->tcp);
	if (probe->http)
		return kg_probe_http_check(arena, probe);
	if (probe->log)
		return kg_probe_log_check(arena, probe->log);
	if (probe->postgresql)
		return kg_probe_postgresql_check(arena, probe);
	if (probe->redis)
		return kg_probe_redis_check(arena, probe->redis);
	return probe->exec[0] && *probe->exec[0] ? NULL : kg_error_make(arena, KG_EINPUT, "`exec` in `ready` needs a program");
}

const char *
kg_probe_tell(struct kg_arena *arena, const struct kg_probe *probe)
{
	const char *const values[] = { probe->tcp, probe->http, NULL, probe->log, probe->postgresql, probe->redis };
	struct kg_text text = { .arena = arena };
	struct rule rules[rule_count];

	rules_of(probe, rules);
	for (size_t i = 0; i < rule_count; i++) {
		if (!rules[i].is_set)
			continue;
		kg_text_add(&text, rules[i].name);
		for (const char *const *word = probe->exec; rules[i].begin == kg_probe_exec_try && word && *word; word++)
			kg_text_format(&text, " %s", *word);
		if (values[i])
			kg_text_format(&text, rules[i].begin == kg_probe_log_try ? " /%s/" : " %s", values[i]);
	}
	return kg_mask_text(arena, NULL, kg_text_end(&text));
}

static kg_step attempt, fd_answered;

struct kg_probe_try *
kg_probe_run(const struct kg_job *job)
{
	kg_assert(job->probe);
	return job->probe;
}

void *
kg_probe_own(struct kg_job *job, size_t size)
{
	struct kg_probe_try *probe = kg_probe_run(job);

	if (!probe->own)
		probe->own = kg_alloc(job->arena, size);
	return probe->own;
}

int64_t
kg_probe_attempt_ms(const struct kg_job *job)
{
	int64_t left_ms = (kg_probe_run(job)->attempt_deadline_ns - job->now_ns + 999999) / 1000000;

	return left_ms > 1 ? left_ms : 1;
}

static void
release(struct kg_job *job)
{
	struct kg_probe_try *probe = job->probe;
	void (*give_back)(struct kg_job *) = probe->release;

	probe->release = NULL;
	if (give_back)
		give_back(job);
}

struct kg_next
kg_probe(struct kg_job *job, const struct kg_probe_about *about, kg_step *then)
{
	const struct kg_probe *rule = job->common->ready;
	struct rule rules[rule_count];

	if (!rule)
		return kg_go(then);
	/* What references brought in is known only now. */
	struct kg_error *error = kg_probe_check(job->arena, rule);
	if (error)
		return kg_failed(error);
	struct kg_probe_try *probe = kg_new(job->arena, struct kg_probe_try);
	*probe = (struct kg_probe_try){
		.rule = rule,
		.about = *about,
		.then = then,
		.deadline_ns = job->now_ns + rule->timeout_ms * 1000000,
		.pause_ms = pause_first_ms,
	};
	rules_of(rule, rules);
	for (size_t i = 0; i < rule_count; i++)
		if (rules[i].is_set)
			probe->begin = rules[i].begin;
	kg_assert(probe->begin);
	job->probe = probe;
	return kg_go(attempt);
}

/* The subject's death, when it has died. */
static struct kg_error *
death(struct kg_job *job)
{
	const struct kg_probe_try *probe = job->probe;

	return probe->about.ended ? probe->about.ended(job) : NULL;
}

/* Its subject has ended. */
static struct kg_next
subject_ended(struct kg_job *job, struct kg_error *error)
{
	const struct kg_probe_try *probe = job->probe;

	release(job);
	return probe->about.after_end ? kg_go(probe->about.after_end) : kg_failed(error);
}

static const char *
limit_tell(struct kg_arena *arena, int64_t limit_ms)
{
	if (limit_ms % 1000 == 0 && limit_ms < 60000)
		return kg_format(arena, "%d s", (int)(limit_ms / 1000));
	return kg_duration_tell(arena, limit_ms * 1000000);
}

static struct kg_next
time_is_up(struct kg_job *job)
{
	const struct kg_probe_try *probe = job->probe;
	const char *seen = kg_format(job->arena, "%s: %s", kg_probe_tell(job->arena, probe->rule), probe->seen);
	struct kg_error *error = kg_error_make(job->arena, KG_ETIME, "not ready after %s: %s",
	    limit_tell(job->arena, probe->rule->timeout_ms), kg_mask_text(job->arena, job->mask, seen));
	const char *lines = probe->about.last_words ? probe->about.last_words(job) : "";

	error->detail = *lines ? lines : NULL;
	return kg_failed(error);
}

static struct kg_next
attempt(struct kg_job *job)
{
	struct kg_probe_try *probe = job->probe;
	struct kg_error *error = death(job);

	if (error)
		return subject_ended(job, error);
	if (probe->seen && job->now_ns >= probe->deadline_ns)
		return time_is_up(job);
	probe->attempt_is_over = false;
	probe->attempt_deadline_ns = job->now_ns + probe->rule->attempt_ms * 1000000;
	if (probe->attempt_deadline_ns > probe->deadline_ns)
		probe->attempt_deadline_ns = probe->deadline_ns;
	return kg_go(probe->begin);
}

struct kg_next
kg_probe_passed(struct kg_job *job)
{
	release(job);
	return kg_go(kg_probe_run(job)->then);
}

struct kg_next
kg_probe_failed(struct kg_job *job, struct kg_error *error)
{
	release(job);
	return kg_failed(error);
}

/* On one line: newlines and what else would spoil a terminal's line become spaces. */
static char *
line_of(char *text)
{
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
	return text;
}

struct kg_next
kg_probe_not_yet(struct kg_job *job, const char *format, ...)
{
	struct kg_probe_try *probe = job->probe;
	int64_t left_ms = (probe->deadline_ns - job->now_ns) / 1000000;
	int64_t pause_ms = probe->pause_ms;
	va_list list;

	va_start(list, format);
	const char *seen = line_of(kg_format_list(job->arena, format, list));
	va_end(list);
	release(job);
	/* An attempt that the last moment cut short has seen less than the one before it. */
	if (!probe->seen || !(probe->attempt_is_over && left_ms <= 0)) {
		if (!kg_text_equal(probe->seen, seen))
			kg_tell(job, "%s: %s", kg_probe_tell(job->arena, probe->rule), seen);
		probe->seen = seen;
	}
	probe->pause_ms = pause_ms * 2 < pause_longest_ms ? pause_ms * 2 : pause_longest_ms;
	if (pause_ms > left_ms)
		pause_ms = left_ms > 1 ? left_ms : 1;
	return kg_wait_timer(job, pause_ms, attempt);
}

struct kg_next
kg_probe_wait_fd(struct kg_job *job, int fd, int events, kg_step *answered)
{
	struct kg_probe_try *probe = job->probe;
	int64_t wait_ms = kg_probe_attempt_ms(job);

	probe->fd = fd;
	probe->events = events;
	probe->answered = answered;
	return kg_wait_fd(job, fd, events, wait_ms < life_ms ? wait_ms : life_ms, fd_answered);
}

static struct kg_next
fd_answered(struct kg_job *job)
{
	struct kg_probe_try *probe = job->probe;

	if (!job->timed_out)
		return kg_go(probe->answered);
	struct kg_error *error = death(job);
	if (error)
		return subject_ended(job, error);
	if (job->now_ns < probe->attempt_deadline_ns)
		return kg_probe_wait_fd(job, probe->fd, probe->events, probe->answered);
	probe->attempt_is_over = true;
	return kg_go(probe->answered);
}
