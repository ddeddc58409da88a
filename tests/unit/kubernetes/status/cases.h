/*
 * Tables of cases as JSON: each has a name, what it is about, and what is expected.
 *
 *     static const char table[] = {
 *     #embed "kstatus.json" suffix(, 0)
 *     };
 *     cJSON_ArrayForEach(one, cases_read(table)) ...
 *
 * Ages are turned into times: "created_s_ago" of a case gives its object a metadata.creationTimestamp before cases_now_s.
 */
#pragma once

#include <stdint.h>

#include <cjson/cJSON.h>

struct kg_arena;

enum : int64_t { cases_now_s = 1'795'262'400 }; /* 2026-11-21T12:00:00Z */

/* A list; ends the test when the text is none. The caller frees it with cJSON_Delete. */
cJSON *cases_read(const char *text);

/* 2026-11-21T11:59:50Z for 10. */
const char *cases_time(struct kg_arena *arena, int64_t ago_s);

/* Ends the test, and says in which case, unless the two are equal. */
void cases_assert_equal(const cJSON *one, const char *what, const char *is, const char *expected);
