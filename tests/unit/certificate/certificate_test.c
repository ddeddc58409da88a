/* The kind in the real engine: made once, found again, made anew when it must be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "targets/certificate/certificate.h"
#include "targets/certificate/setting.h"
#include "tests/unit/run/bench.h"

static const struct kg_kind *const kinds[] = { &kg_kind_certificate, &bench_kind_step, NULL };

#define CA                                    \
	"[node.ca]\nkind = \"certificate\"\n" \
	"out = \"tls/ca\"\ncommon_name = \"test authority\"\nusages = [\"ca\"]\n"
#define LEAF                                                                                                            \
	"[node.leaf]\nkind = \"certificate\"\nout = \"tls/leaf\"\ncommon_name = \"localhost\"\nsans = [\"localhost\", " \
	"\"127.0.0.1\"]\n"                                                                                              \
	"ca = { cert = \"${node.ca.cert}\", key = \"${node.ca.key}\" }\n"

static int
setup(void **state)
{
	struct bench *bench = bench_make();

	bench->kinds = kinds;
	*state = bench;
	return 0;
}

static int
teardown(void **state)
{
	bench_free(*state);
	return 0;
}

static void
goes_up(struct bench *bench, const char *reasons)
{
	enum kg_run_outcome outcome = bench_up(bench, (struct kg_run_options){ 0 });

	if (outcome != KG_RUN_UP)
		fail_msg("%s", bench->errors);
	assert_string_equal(bench->reasons, reasons);
}

static void
fits(struct bench *bench, const char *leaf, const char *ca)
{
	const char *command = kg_format(
	    bench->arena, "openssl verify -x509_strict -CAfile %s/%s %s/%s >/dev/null", bench->folder, ca, bench->folder, leaf);
	FILE *pipe = popen(command, "r");

	assert_non_null(pipe);
	assert_int_equal(pclose(pipe), 0);
}

static void
a_certificate_is_made_once_and_found_again(void **state)
{
	struct bench *bench = *state;
	struct stat key;

	bench_graph(bench, CA LEAF);
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	fits(bench, "tls/leaf/tls.crt", "tls/ca/tls.crt");
	fits(bench, "tls/leaf/tls.crt", "tls/leaf/ca.crt");
	assert_int_equal(stat(bench_path(bench, "tls/leaf/tls.key"), &key), 0);
	assert_int_equal(key.st_mode & 07777, 0600);
	const char *first = bench_read(bench, "tls/leaf/tls.crt");
	goes_up(bench, "");
	assert_string_equal(bench_read(bench, "tls/leaf/tls.crt"), first);
}

static void
what_was_changed_behind_its_back_is_made_anew(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, CA LEAF);
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	chmod(bench_path(bench, "tls/leaf/tls.key"), 0644);
	goes_up(bench, "leaf: the permissions of tls.key are 0644, not 0600; ");
	unlink(bench_path(bench, "tls/leaf/tls.crt"));
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	fits(bench, "tls/leaf/tls.crt", "tls/ca/tls.crt");
	/* The key of another one, with the right permissions. */
	const char *key = bench_read(bench, "tls/ca/tls.key");
	unlink(bench_path(bench, "tls/leaf/tls.key"));
	bench_file(bench, "tls/leaf/tls.key", key);
	chmod(bench_path(bench, "tls/leaf/tls.key"), 0600);
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_string_not_equal(bench_read(bench, "tls/leaf/tls.key"), key);
	fits(bench, "tls/leaf/tls.crt", "tls/ca/tls.crt");
}

static void
another_authority_means_another_certificate(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, CA LEAF);
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	const char *first = bench_read(bench, "tls/leaf/tls.crt");
	bench_graph(bench, CA "organizations = [\"Acme\"]\n" LEAF);
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_string_not_equal(bench_read(bench, "tls/leaf/tls.crt"), first);
	fits(bench, "tls/leaf/tls.crt", "tls/ca/tls.crt");
}

/* An end that is near: what is valid for a day is made anew 23 h and 59 min before that, and so after a minute, or when that setting changes. */
static void
one_that_expires_soon_is_made_anew_in_time(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"certificate\"\nout = \"a\"\ncommon_name = \"a\"\nvalidity = \"1d\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	const char *first = bench_read(bench, "a/tls.crt");
	bench_graph(bench,
	    "[node.a]\nkind = \"certificate\"\nout = \"a\"\ncommon_name = \"a\"\nvalidity = \"1d\"\nrenew_before = "
	    "\"23h59m59s\"\n");
	usleep(1100000);
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_non_null(strstr(bench->reasons, "a: it expires on 20"));
	assert_string_not_equal(bench_read(bench, "a/tls.crt"), first);
}

static void
one_that_could_not_last_longer_is_left_alone(void **state)
{
	struct bench *bench = *state;

	/* The leaf ends with its authority, long before the day on which it would be made anew by itself. */
	bench_graph(bench, CA "validity = \"2d\"\nrenew_before = \"1h\"\n" LEAF "validity = \"300d\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	fits(bench, "tls/leaf/tls.crt", "tls/ca/tls.crt");
	goes_up(bench, "");
}

static void
keys_and_certificates_go_to_other_nodes_as_texts(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, CA "[node.user]\nkind = \"step\"\nuses = [\"${node.ca.key_pem}\", \"${node.ca.ca_base64}\"]\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	goes_up(bench, "");
}

static void
it_goes_with_what_is_purged_and_not_before(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, CA);
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	bench_down(bench, false);
	assert_int_equal(access(bench_path(bench, "tls/ca/tls.key"), F_OK), 0);
	assert_int_equal(mkdir(bench_path(bench, "tls/.ca.kgraph-new"), 0700), 0);
	bench_down(bench, true);
	assert_int_equal(access(bench_path(bench, "tls/ca"), F_OK), -1);
	assert_int_equal(access(bench_path(bench, "tls/.ca.kgraph-new"), F_OK), -1);
}

static void
mistakes_are_told_before_anything_is_made(void **state)
{
	struct bench *bench = *state;
	static const char *const odd[] = { "servers", NULL }, *const none[] = { NULL }, *const blank[] = { "a b", NULL };
	static const char *const open[] = { "${node.x.host}", NULL }, *const empty[] = { "", NULL };
	const struct certificate_spec well = {
		.common_name = "a", .validity_ms = 3600000, .cert_name = "tls.crt", .key_name = "tls.key", .ca_name = "ca.crt"
	};
	struct certificate_spec cases[9];
	static const char *const says[] = { "not for \"servers\"", "`usages` is empty", "neither a DNS name nor",
		"`renew_before` must be", "two files in `out` have the name tls.crt", "no name of a file",
		"`organizations` is empty", "at least 1m", NULL };

	for (size_t i = 0; i < 9; i++)
		cases[i] = well;
	cases[0].usages = odd;
	cases[1].usages = none;
	cases[2].sans = blank;
	cases[3].renew_before_ms = well.validity_ms;
	cases[4].key_name = "tls.crt";
	cases[5].ca_name = "../x";
	cases[6].organizations = empty;
	cases[7].validity_ms = 1000;
	cases[8].sans = open;
	for (size_t i = 0; i < 9; i++) {
		struct kg_error *error = kg_certificate_check(bench->arena, &cases[i]);

		if (says[i] ? !error || !strstr(error->message, says[i]) : error != NULL)
			fail_msg("%zu: %s", i, error ? error->message : "it is taken");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_certificate_is_made_once_and_found_again, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_changed_behind_its_back_is_made_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(another_authority_means_another_certificate, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_expires_soon_is_made_anew_in_time, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_could_not_last_longer_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_and_certificates_go_to_other_nodes_as_texts, setup, teardown),
		cmocka_unit_test_setup_teardown(it_goes_with_what_is_purged_and_not_before, setup, teardown),
		cmocka_unit_test_setup_teardown(mistakes_are_told_before_anything_is_made, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
