/* How many jobs wait on one stream; the functions for kinds are in engine/job.h. */
#pragma once

#include <stdbool.h>

struct kg_operation;

/* Takes the operation out of the topic that it waits for; true when it still waited, unsignalled. */
bool kg_topic_leave(struct kg_operation *operation);
