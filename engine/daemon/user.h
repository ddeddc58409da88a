/*
 * Whom a daemon runs as when kgraph runs as root.
 *
 *     struct kg_user user = { .name = "postgres" };
 *     return kg_wait_worker(job, kg_user_find, &user, user_found);
 *
 * Looking a user up may ask a directory server, so it is done on a worker thread and touches nothing but the struct.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

static constexpr size_t kg_user_groups_max = 64;
static constexpr size_t kg_user_text_max = 256;

struct kg_user {
	const char *name; /* set by the caller; the rest by kg_user_find */
	bool is_found;
	int sys; /* errno when the look-up itself failed */
	uid_t uid;
	gid_t gid;
	gid_t groups[kg_user_groups_max];
	size_t group_count;
	char home[kg_user_text_max];
};

/* data is a struct kg_user. */
void kg_user_find(void *data);
