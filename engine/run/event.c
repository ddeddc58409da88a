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

unsigned
kg_event_fields(enum kg_event_type type)
{
	static const struct {
		enum kg_event_type type;
		unsigned field;
	} rows[] = {
#define KG_EVENT(name, key, meaning)
#define KG_EVENT_FIELD(name, field_, meaning) { KG_EVENT_##name, KG_EVENT_HAS_##field_ },
#include "engine/run/event.def"
#undef KG_EVENT
#undef KG_EVENT_FIELD
	};
	unsigned fields = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fields |= rows[i].type == type ? rows[i].field : 0;
	return fields;
}
