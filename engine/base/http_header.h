/*
 * Reading an HTTP answer's headers, as the loop gives them: "name: value" lines ended by \n.
 *
 *     const char *digest = kg_http_header(job->arena, job->http.headers, "docker-content-digest");
 *     int64_t after_ms = kg_http_retry_after_ms(job->http.headers, kg_clock_wall_ns(), 60000);
 */
#pragma once

#include <stdint.h>

struct kg_arena;

/* The value of the first header of that name, in whatever case, without the space around it. NULL when there is none. */
const char *kg_http_header(struct kg_arena *arena, const char *headers, const char *name);

/*
 * How long Retry-After asks to wait: seconds, or a date in any of the three forms of RFC 9110 (10.2.3, 5.6.7); a date in the past
 * is 0, and longer than longest_ms is longest_ms. -1 when there is none that can be read.
 */
int64_t kg_http_retry_after_ms(const char *headers, int64_t wall_now_ns, int64_t longest_ms);
