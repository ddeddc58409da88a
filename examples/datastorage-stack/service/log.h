/*
 * Structured logs: one JSON object a line on standard output.
 *
 *     log_info("stored", LOG_NUMBER("events", 3), LOG_TEXT("correlation_id", id));
 *     → {"time":"2026-03-01T12:00:00.123Z","level":"info","message":"stored","events":3,"correlation_id":"rr-7"}
 *
 * A line is written in one piece, whichever thread it comes from. What is secret is never handed to these functions.
 */

#pragma once

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct log_field {
	const char *name; /* NULL ends the list */
	const char *text; /* NULL: the number counts */
	long long number;
};

#define LOG_TEXT(name_, text_) { .name = (name_), .text = (text_) } /* the text is not NULL */
#define LOG_NUMBER(name_, number_) { .name = (name_), .number = (number_) }

#define log_debug(message, ...) log_at(LOG_LEVEL_DEBUG, message, __VA_ARGS__)
#define log_info(message, ...) log_at(LOG_LEVEL_INFO, message, __VA_ARGS__)
#define log_warn(message, ...) log_at(LOG_LEVEL_WARN, message, __VA_ARGS__)
#define log_error(message, ...) log_at(LOG_LEVEL_ERROR, message, __VA_ARGS__)

#define log_at(level, message, ...) log_write(level, message, (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })

/* Lines below this level are not written. Set once, before there are threads. */
void log_set_level(enum log_level level);

/* False when there is no level of that name. */
_Bool log_level_parse(const char *name, enum log_level *ret_level);

void log_write(enum log_level level, const char *message, const struct log_field *fields);
