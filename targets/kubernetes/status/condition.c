#include "targets/kubernetes/status/condition.h"

#include <stdlib.h>
#include <string.h>

#include "targets/kubernetes/status/member.h"

struct kg_condition
kg_condition_read(const cJSON *element)
{
	const char *generation = kg_member_text(element, "observedGeneration", NULL);

	return (struct kg_condition){
		.type = kg_member_text(element, "type", ""),
		.status = kg_member_text(element, "status", ""),
		.reason = kg_member_text(element, "reason", ""),
		.message = kg_member_text(element, "message", ""),
		.observed_generation =
		    generation ? strtoll(generation, NULL, 10) : kg_member_integer(element, "observedGeneration", -1),
	};
}

bool
kg_condition_find(const cJSON *object, const char *type, struct kg_condition *ret_condition)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, kg_member(object, "status.conditions"))
	{
		*ret_condition = kg_condition_read(one);
		if (strcmp(ret_condition->type, type) == 0)
			return true;
	}
	*ret_condition = (struct kg_condition){ "", "", "", "", -1 };
	return false;
}

bool
kg_condition_is(const cJSON *object, const char *type, const char *status)
{
	struct kg_condition condition;

	return kg_condition_find(object, type, &condition) && strcmp(condition.status, status) == 0;
}
