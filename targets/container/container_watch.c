/* The stream of an engine's events: one for all containers of a checkout, as long as any of them is waited for. */
#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/container/container_inside.h"
#include "engine/containers/listing_json.h"

/* What is ready at once needs no stream. */
static constexpr int64_t watch_after_ms = 500;
/* How far back it begins when it is not known what was seen last. */
static constexpr int64_t events_back_s = 600;

static struct kg_container_news *
news_of(const struct kg_container_survey *survey, const char *id)
{
	for (uint32_t i = 0; survey && i < survey->news.count; i++)
		if (strcmp(survey->news.items[i].id, id) == 0)
			return &survey->news.items[i];
	return NULL;
}

uint32_t
kg_container_deaths(const struct kg_container_survey *survey, const char *id)
{
	const struct kg_container_news *news = news_of(survey, id);

	return news ? news->deaths : 0;
}

static void
event_take(void *context, const cJSON *event)
{
	struct kg_job *job = context;
	struct kg_container_survey *survey = job->survey;
	const char *what = kg_listing_text(job->arena, event, "Status"), *id = kg_listing_text(job->arena, event, "ID");

	/* podman says Status and ID, docker status and id. */
	what = *what ? what : kg_listing_text(job->arena, event, "status");
	id = *id ? id : kg_listing_text(job->arena, event, "id");
	if (!*id)
		return;
	struct kg_container_news *news = news_of(survey, id);
	if (!news) {
		kg_list_push(job->arena, &survey->news, (struct kg_container_news){ .id = id });
		news = &survey->news.items[survey->news.count - 1];
	}
	if (strcmp(what, "died") == 0 || strcmp(what, "die") == 0)
		news->deaths++;
	kg_topic_signal(survey->topic);
}

static void
events_collect(void *context, const char *bytes, size_t size)
{
	struct kg_job *job = context;
	struct kg_container_survey *survey = job->survey;

	for (const char *end; size > 0 && (end = memchr(bytes, '\n', size)); size -= (size_t)(end + 1 - bytes), bytes = end + 1) {
		kg_text_add_bytes(&survey->line, bytes, (size_t)(end - bytes));
		/* What is no event, such as a warning, tells nothing. */
		(void)!kg_listing_each(job->arena, kg_text_end(&survey->line), event_take, job);
		survey->line.size = 0;
	}
	kg_text_add_bytes(&survey->line, bytes, size);
}

static kg_step stream;

struct kg_next
kg_container_watch(struct kg_job *job)
{
	struct kg_container_survey *survey = job->survey;

	if (!survey->topic)
		survey->topic = kg_topic_make(job);
	survey->line.arena = job->arena;
	/* In a run in which nothing has changed all is ready before this, and nothing is started. */
	return kg_wait_timer(job, watch_after_ms, stream);
}

static struct kg_next
stream(struct kg_job *job)
{
	struct kg_container_survey *survey = job->survey;
	const struct kg_engine_spec *spec = job->spec;
	struct kg_arguments arguments = { .arena = job->arena };
	int64_t since_s = survey->asked_s ? survey->asked_s - 1 : kg_clock_wall_ns() / 1000000000 - events_back_s;
	struct kg_error *error = survey->engine.driver ? NULL : kg_engine_find(job->arena, spec->engine, &survey->engine);

	if (error)
		return kg_failed(error);
	survey->line.size = 0;
	kg_arguments_add_list(&arguments, survey->engine.driver->events);
	kg_arguments_add(&arguments, "--filter", kg_format(job->arena, "label=" KG_LABEL_GRAPH "=%s", kg_engine_owner(job)),
	    "--since", kg_format(job->arena, "%" PRId64, since_s), NULL);
	struct kg_child *child = kg_engine_child(job, &survey->engine, kg_arguments_end(&arguments), NULL);
	child->quiet = true;
	child->collect = events_collect;
	child->context = job;
	return kg_wait_child(job, child, kg_done);
}
