/*
 * What an engine has of ours, asked once for all nodes of a run.
 *
 *     .survey_key = kg_engine_key,
 *     .survey = kg_containers_survey,
 *     .survey_size = sizeof(struct kg_container_survey),
 *
 * and, for a kind that wants to know of images as well,
 *
 *     return kg_wait_answer(job, kg_images_question(job), images_listed);      job->answer is a struct kg_image_survey (image_inside.h), or NULL
 */
#pragma once

#include <stdint.h>

#include "engine/base/list.h"
#include "engine/base/text.h"
#include "engine/containers/engine.h"

/* What the stream of events has told of a container. */
struct kg_container_news {
	const char *id;
	uint32_t deaths;
};

/* Containers of this checkout. */
struct kg_container_survey {
	struct kg_engine engine;
	struct kg_containers containers;
	int64_t asked_s; /* wall clock; 0: not asked yet */

	/* Of the watch: */
	struct kg_topic *topic; /* signalled with all news; NULL until somebody watches */
	KG_LIST(struct kg_container_news) news;
	struct kg_text line; /* of the stream, that has not ended yet */
};

struct kg_network_survey {
	struct kg_engine engine;
	struct kg_networks networks;
};

struct kg_volume_survey {
	struct kg_engine engine;
	struct kg_volumes volumes;
};

kg_step kg_containers_survey, kg_volumes_survey;
/*
 * The surveys of the kinds `image` and `container`, and one of networks, as questions of jobs whose spec starts with a struct kg_engine_spec: answered
 * by a struct kg_image_survey (image_inside.h), a struct kg_container_survey and a struct kg_network_survey.
 */
const struct kg_question *kg_images_question(struct kg_job *job);
const struct kg_question *kg_containers_question(struct kg_job *job);
const struct kg_question *kg_networks_question(struct kg_job *job);
