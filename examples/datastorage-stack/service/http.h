/*
 * The HTTP side: takes requests in, finds their route, sends the answers.
 *
 *     struct http *http = http_start(&api);
 *     …
 *     http_stop(http);
 */

#pragma once

#include "api.h"

struct http;

/* Listens as the config says; NULL, and a line in the log, when it cannot. The api must outlive it. */
struct http *http_start(struct api *api);

/* Takes no new connections, lets the requests in flight finish within config.stop_timeout_ms, and ends. */
void http_stop(struct http *http);
