/*
 * DataStorage keeps the audit events of a system of services.
 *
 *     datastorage --config datastorage.yaml
 *
 * A request on its way: http.c takes it in → api.c → event.c checks it → intake.c → store.c (PostgreSQL), or dead_letter.c
 * (Redis) while PostgreSQL is away. query.c turns filters into SQL. pool.c keeps the connections. The keeper thread in
 * intake.c brings dead letters back.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "http.h"
#include "log.h"

static void
log_lines(const char *message, const char *lines)
{
	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n");
		struct text line = { 0 };

		text_add_bytes(&line, lines, length);
		log_error(message, LOG_TEXT("reason", text_get(&line)));
		text_free(&line);
		lines += length + (lines[length] == '\n');
	}
}

/* It would accept events and have nowhere to put them: without its tables it does not start. */
static bool
schema_is_there(struct api *api)
{
	const struct config *config = api->config;
	struct text missing = { 0 }, reason = { 0 };
	long version = 0;
	bool there = false;

	if (store_schema(api->store, &version, &missing, &reason) != STORE_DONE)
		log_error("cannot start: PostgreSQL does not answer", LOG_TEXT("host", config->database_host),
		    LOG_NUMBER("port", config->database_port), LOG_TEXT("database", config->database_name),
		    LOG_TEXT("reason", text_get(&reason)));
	else if (missing.length > 0)
		log_error("cannot start: tables are missing, run the migrations first", LOG_TEXT("database", config->database_name),
		    LOG_TEXT("missing", text_get(&missing)));
	else if (version < STORE_SCHEMA_VERSION)
		log_error("cannot start: the schema is too old, run the migrations first",
		    LOG_TEXT("database", config->database_name), LOG_NUMBER("version", version),
		    LOG_NUMBER("needed", STORE_SCHEMA_VERSION));
	else
		there = true;
	text_free(&missing);
	text_free(&reason);
	return there;
}

/* From the first request to the signal that ends it. */
static bool
serve(struct api *api, const sigset_t *stop_signals)
{
	struct text reason = { 0 };
	struct http *http;
	int signal_number = 0;

	/* Not a reason to stay away: Redis is only needed while PostgreSQL is not there. /readyz tells it. */
	if (dead_letter_ping(api->letters, &reason) != DEAD_LETTER_DONE)
		log_warn("Redis does not answer", LOG_TEXT("reason", text_get(&reason)));
	text_free(&reason);
	api->intake = intake_start(api->store, api->letters);
	http = http_start(api);
	if (http) {
		sigwait(stop_signals, &signal_number);
		log_info("stopping", LOG_TEXT("signal", strsignal(signal_number)));
		http_stop(http);
	}
	intake_stop(api->intake);
	return http != NULL;
}

static bool
run(const char *path, const sigset_t *stop_signals)
{
	struct config config;
	struct text problems = { 0 };
	struct api api = { .config = &config };
	enum log_level level = LOG_LEVEL_INFO;
	bool well = config_read(&config, path, &problems);

	if (!well) {
		log_lines("cannot start: the configuration is wrong", text_get(&problems));
	} else {
		log_level_parse(config.log_level, &level);
		log_set_level(level);
		api.store = store_open(&config);
		api.letters = dead_letter_open(&config);
		well = schema_is_there(&api) && serve(&api, stop_signals);
		dead_letter_close(api.letters);
		store_close(api.store);
	}
	if (well)
		log_info("stopped");
	text_free(&problems);
	config_free(&config);
	return well;
}

int
main(int argc, char **argv)
{
	sigset_t stop_signals;

	if (argc != 3 || strcmp(argv[1], "--config") != 0) {
		fprintf(stderr,
		    "usage: datastorage --config FILE\n"
		    "The password of the database comes in the environment variable DB_PASSWORD.\n");
		return 2;
	}
	/* Blocked before there are threads, so that only sigwait gets them. */
	sigemptyset(&stop_signals);
	sigaddset(&stop_signals, SIGTERM);
	sigaddset(&stop_signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stop_signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	return run(argv[2], &stop_signals) ? 0 : 1;
}
