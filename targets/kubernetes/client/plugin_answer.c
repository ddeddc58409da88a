#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/client/plugin.h"

/* RFC 3339, which Kubernetes writes in UTC and to the second; what is more precise is cut off, an offset is counted. */
static bool
time_read(const char *text, int64_t *ret_wall_ns)
{
	int year, month, day, hour, minute, second, length = 0, offset_hours = 0, offset_minutes = 0;
	char sign;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &length) != 6)
		return false;
	text += length;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (strcmp(text, "Z") != 0) {
		if (sscanf(text, "%c%2d:%2d", &sign, &offset_hours, &offset_minutes) != 3 || (sign != '+' && sign != '-'))
			return false;
		if (sign == '-') {
			offset_hours = -offset_hours;
			offset_minutes = -offset_minutes;
		}
	}
	struct tm when = {
		.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute, .tm_sec = second
	};
	int64_t seconds = timegm(&when) - (offset_hours * 3600 + offset_minutes * 60);
	if (seconds < 0 || seconds > INT64_MAX / 1'000'000'000)
		return false;
	*ret_wall_ns = seconds * 1'000'000'000;
	return true;
}

struct kg_error *
kg_plugin_read(struct kg_arena *arena, const char *bytes, size_t size, const char *api_version, struct kg_plugin_answer *ret_answer)
{
	const cJSON *root = kg_json_read(arena, bytes, size), *status = cJSON_GetObjectItemCaseSensitive(root, "status");
	const char *expires = kg_json_text(status, "expirationTimestamp");
	const char *its_version = kg_json_text(root, "apiVersion");

	*ret_answer = (struct kg_plugin_answer){
		.token = kg_json_text(status, "token"),
		.cert_pem = kg_json_text(status, "clientCertificateData"),
		.key_pem = kg_json_text(status, "clientKeyData"),
		.expires_wall_ns = INT64_MAX,
	};
	if (!kg_text_equal(kg_json_text(root, "kind"), "ExecCredential"))
		return kg_error_make(arena, KG_EFAILED, "it is no ExecCredential in JSON");
	if (!kg_text_equal(its_version, api_version))
		return kg_error_make(arena, KG_EFAILED, "it speaks %s, and the kubeconfig wants %s",
		    its_version ? its_version : "no apiVersion", api_version);
	if (!ret_answer->token && !ret_answer->cert_pem)
		return kg_error_make(arena, KG_EFAILED, "it has neither a token nor a certificate");
	if (!ret_answer->cert_pem != !ret_answer->key_pem)
		return kg_error_make(arena, KG_EFAILED, "it has a certificate without its key, or a key alone");
	if (expires && !time_read(expires, &ret_answer->expires_wall_ns))
		return kg_error_make(arena, KG_EFAILED, "its expirationTimestamp is no time");
	return NULL;
}
