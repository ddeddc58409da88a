#include "engine/run/event.h"

const char *
kg_event_key(enum kg_event_type type)
{
	static const char *const keys[] = {
#define KG_EVENT(name, key, meaning) [KG_EVENT_##name] = (key),
#define KG_EVENT_FIELD(name, field, meaning)
#include "engine/run/event.def"
#undef KG_EVENT
#undef KG_EVENT_FIELD
	};

	return keys[type];
}
