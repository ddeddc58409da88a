#include "targets/kubernetes/status/status.h"

#include "targets/kubernetes/status/status_inside.h"

const char *
kg_verdict_text(enum kg_verdict verdict)
{
	static const char *const texts[] = {
		[KG_VERDICT_CURRENT] = "Current",
		[KG_VERDICT_IN_PROGRESS] = "InProgress",
		[KG_VERDICT_FAILED] = "Failed",
		[KG_VERDICT_TERMINATING] = "Terminating",
		[KG_VERDICT_UNKNOWN] = "Unknown",
	};

	return texts[verdict];
}

struct kg_status
kg_status_current(const char *message)
{
	return (struct kg_status){ .verdict = KG_VERDICT_CURRENT, .reason = "", .message = message };
}

struct kg_status
kg_status_waiting(const char *reason, const char *message)
{
	return (struct kg_status){ .verdict = KG_VERDICT_IN_PROGRESS, .reason = reason, .message = message };
}

struct kg_status
kg_status_failed(const char *reason, const char *message)
{
	return (struct kg_status){ .verdict = KG_VERDICT_FAILED, .reason = reason, .message = message };
}

struct kg_status
kg_status_unknown(const char *message)
{
	return (struct kg_status){ .verdict = KG_VERDICT_UNKNOWN, .reason = "", .message = message };
}

struct kg_status
kg_status_terminating(const char *message)
{
	return (struct kg_status){ .verdict = KG_VERDICT_TERMINATING, .reason = "", .message = message };
}
