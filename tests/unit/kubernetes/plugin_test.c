#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/plugin.h"

static int
setup(void **state)
{
	*state = kg_arena_make();
	return 0;
}

static int
teardown(void **state)
{
	kg_arena_free(*state);
	return 0;
}

static void
what_a_plugin_prints_is_read(void **state)
{
	static const char v1[] = "client.authentication.k8s.io/v1";
	static const struct {
		const char *text, *error;
		int64_t expires_s;
	} cases[] = {
		{ "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t\"}}",
		    NULL, -1 },
		{ "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t\","
		  "\"expirationTimestamp\":\"2026-01-02T03:04:05Z\"}}",
		    NULL, 1767323045 },
		{ "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t\","
		  "\"expirationTimestamp\":\"2026-01-02T05:04:05.123+02:00\"}}",
		    NULL, 1767323045 },
		{ "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t\","
		  "\"expirationTimestamp\":\"tomorrow\"}}",
		    "its expirationTimestamp is no time", 0 },
		{ "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/"
		  "v1beta1\",\"status\":{\"token\":\"t\"}}",
		    "it speaks client.authentication.k8s.io/v1beta1, and the kubeconfig wants client.authentication.k8s.io/v1", 0 },
		{ "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{}}",
		    "it has neither a token nor a certificate", 0 },
		{ "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/"
		  "v1\",\"status\":{\"clientCertificateData\":\"x\"}}",
		    "it has a certificate without its key, or a key alone", 0 },
		{ "", "it is no ExecCredential in JSON", 0 },
		{ "[]", "it is no ExecCredential in JSON", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_plugin_answer answer;
		struct kg_error *error = kg_plugin_read(*state, cases[i].text, strlen(cases[i].text), v1, &answer);

		assert_true(kg_text_equal(error ? error->message : NULL, cases[i].error));
		if (!error)
			assert_int_equal(
			    answer.expires_wall_ns, cases[i].expires_s < 0 ? INT64_MAX : cases[i].expires_s * 1'000'000'000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_a_plugin_prints_is_read, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
