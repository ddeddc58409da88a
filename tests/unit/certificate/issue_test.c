/* What is in a certificate, with the program openssl as the one who checks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "targets/certificate/authority.h"
#include "targets/certificate/folder.h"
#include "targets/certificate/issue.h"
#include "targets/certificate/keep.h"
#include "targets/certificate/pem.h"

static constexpr int64_t day_s = 86400;

struct place {
	struct kg_arena *arena;
	const char *folder;
	int64_t now_s;
};

static int
setup(void **state)
{
	struct kg_arena *arena = kg_arena_make();
	struct place *place = kg_new(arena, struct place);
	char *folder = kg_copy(arena, "/tmp/kgraph-certificate-XXXXXX");

	assert_non_null(mkdtemp(folder));
	*place = (struct place){ arena, folder, kg_clock_wall_ns() / 1000000000 };
	*state = place;
	return 0;
}

static int
teardown(void **state)
{
	struct place *place = *state;
	struct kg_error *error = kg_file_remove(place->arena, place->folder);

	assert_null(error);
	kg_arena_free(place->arena);
	return 0;
}

static const char *
path(struct place *place, const char *name)
{
	return kg_path_join(place->arena, place->folder, name);
}

static void
write_pem(struct place *place, const char *name, X509 *certificate, EVP_PKEY *key)
{
	STACK_OF(X509) *one = sk_X509_new_null();

	sk_X509_push(one, certificate);
	const char *cert = kg_pem_write_certificates(place->arena, one), *secret = kg_pem_write_key(place->arena, key);
	assert_null(kg_file_write(place->arena, path(place, kg_format(place->arena, "%s.crt", name)), cert, strlen(cert), 0644));
	assert_null(
	    kg_file_write(place->arena, path(place, kg_format(place->arena, "%s.key", name)), secret, strlen(secret), 0600));
	sk_X509_free(one);
}

/* Signed by the one of that name, or by itself; NAME.crt and NAME.key are there afterwards. */
static void
issue(struct place *place, const char *name, struct kg_certificate_wish wish, const char *by)
{
	struct kg_authority authority = { 0 };
	X509 *certificate;
	EVP_PKEY *key;

	wish.common_name = wish.common_name ? wish.common_name : name;
	wish.starts_s = wish.starts_s ? wish.starts_s : place->now_s - 60;
	wish.ends_s = wish.ends_s ? wish.ends_s : place->now_s + day_s;
	if (by) {
		const struct kg_authority_files files = { path(place, kg_format(place->arena, "%s.crt", by)),
			path(place, kg_format(place->arena, "%s.key", by)), NULL };

		assert_null(kg_authority_read(place->arena, &files, &authority));
		wish.issuer = sk_X509_value(authority.chain, 0);
		wish.issuer_key = authority.key;
	}
	struct kg_error *error = kg_certificate_issue(place->arena, &wish, &certificate, &key);
	if (error)
		fail_msg("%s", kg_error_text(place->arena, error));
	write_pem(place, name, certificate, key);
	X509_free(certificate);
	EVP_PKEY_free(key);
	kg_authority_free(&authority);
}

/* What openssl prints when it runs in the folder. */
static const char *
openssl(struct place *place, const char *arguments)
{
	char *text = kg_alloc(place->arena, 16384);
	FILE *pipe = popen(kg_format(place->arena, "cd %s && openssl %s 2>&1", place->folder, arguments), "r");

	assert_non_null(pipe);
	text[fread(text, 1, 16383, pipe)] = '\0';
	pclose(pipe);
	return text;
}

static void
says(struct place *place, const char *arguments, const char *words)
{
	const char *text = openssl(place, arguments);

	if (!strstr(text, words))
		fail_msg("openssl %s does not say \"%s\", but: %s", arguments, words, text);
}

static void
openssl_takes_what_is_signed_with_each_algorithm(void **state)
{
	struct place *place = *state;
	static const char *const sans[] = { "localhost", "*.svc.cluster.local", "127.0.0.1", "::1", "spiffe://cluster/ns/x", NULL };

	for (enum kg_key_algorithm algorithm = KG_KEY_ECDSA_P256; kg_key_algorithms[algorithm]; algorithm++) {
		issue(place, "ca", (struct kg_certificate_wish){ .is_ca = true, .algorithm = algorithm }, NULL);
		issue(place, "leaf", (struct kg_certificate_wish){ .is_server = true, .sans = sans, .algorithm = algorithm }, "ca");
		says(place, "verify -x509_strict -purpose sslserver -verify_hostname a.svc.cluster.local -CAfile ca.crt leaf.crt",
		    "leaf.crt: OK");
		says(place, "verify -x509_strict -verify_ip ::1 -CAfile ca.crt leaf.crt", "leaf.crt: OK");
		says(place, "verify -purpose sslclient -CAfile ca.crt leaf.crt", "unsuitable certificate purpose");
		says(place, "verify -verify_hostname other -CAfile ca.crt leaf.crt", "hostname mismatch");
		says(place, "x509 -noout -ext subjectAltName -in leaf.crt", "URI:spiffe://cluster/ns/x");
		says(place, "pkey -check -noout -in leaf.key", "Key is valid");
	}
}

static void
a_chain_of_authorities_holds(void **state)
{
	struct place *place = *state;

	issue(place, "root", (struct kg_certificate_wish){ .is_ca = true }, NULL);
	issue(place, "middle", (struct kg_certificate_wish){ .is_ca = true }, "root");
	issue(place, "leaf", (struct kg_certificate_wish){ .is_client = true }, "middle");
	says(place, "verify -x509_strict -purpose sslclient -CAfile root.crt -untrusted middle.crt leaf.crt", "leaf.crt: OK");
	says(place, "verify -CAfile root.crt leaf.crt", "unable to get local issuer");
}

static void
one_that_signs_itself_is_trusted_by_those_who_have_it(void **state)
{
	struct place *place = *state;
	static const char *const groups[] = { "system:masters", "people", NULL };

	issue(place, "self", (struct kg_certificate_wish){ .is_server = true, .is_client = true, .organizations = groups }, NULL);
	says(place, "verify -purpose sslserver -CAfile self.crt self.crt", "self.crt: OK");
	/* RFC 2253 has the last name first, and is spaced alike by all releases. */
	says(place, "x509 -noout -subject -nameopt RFC2253 -in self.crt", "CN=self,O=people,O=system:masters");
}

static void
names_that_cannot_be_in_one_are_refused(void **state)
{
	struct place *place = *state;
	static const char *const bad[] = { "", "a..b", "a b", "-.\xc3\xa4.de", "https://a b", "x*.de",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	static const char *const good[] = { "a", "*.a.b", "10.0.0.1", "fe80::1", "https://a/b?c", "me@example.org", "_x.y-z" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!kg_san_check(place->arena, bad[i]))
			fail_msg("\"%s\" is taken", bad[i]);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(kg_san_check(place->arena, good[i]));
}

static const char *
kept_why(struct place *place, const char *cert, const char *key, const char *ca, int64_t now_s)
{
	struct kg_kept kept;
	struct kg_error *error = kg_kept_read(place->arena, path(place, cert), path(place, key), path(place, ca), &kept);
	const char *why = error ? kg_error_text(place->arena, error) : kg_kept_check(place->arena, &kept, now_s);

	kg_kept_free(&kept);
	return why ? why : "";
}

static void
what_does_not_belong_together_is_seen(void **state)
{
	struct place *place = *state;
	int64_t now_s = place->now_s;

	issue(place, "ca", (struct kg_certificate_wish){ .is_ca = true, .ends_s = now_s + 10 * day_s }, NULL);
	issue(place, "leaf", (struct kg_certificate_wish){ .is_server = true }, "ca");
	issue(place, "other", (struct kg_certificate_wish){ .common_name = "ca", .is_ca = true }, NULL);
	assert_string_equal(kept_why(place, "leaf.crt", "leaf.key", "ca.crt", now_s), "");
	assert_string_equal(kept_why(place, "ca.crt", "ca.key", "ca.crt", now_s), "");
	assert_string_equal(kept_why(place, "leaf.crt", "ca.key", "ca.crt", now_s), "the key does not belong to the certificate");
	assert_non_null(strstr(kept_why(place, "leaf.crt", "leaf.key", "other.crt", now_s), "does not belong to its authority"));
	assert_non_null(strstr(kept_why(place, "leaf.crt", "leaf.key", "ca.crt", now_s + 2 * day_s), "it expired on 20"));
	assert_non_null(strstr(kept_why(place, "leaf.key", "leaf.key", "ca.crt", now_s), "there is no certificate in"));
	assert_non_null(strstr(kept_why(place, "leaf.crt", "leaf.crt", "ca.crt", now_s), "cannot be read"));
	openssl(place, "pkey -in leaf.key -aes256 -passout pass:x -out locked.key");
	assert_non_null(strstr(kept_why(place, "leaf.crt", "locked.key", "ca.crt", now_s), "is protected by a passphrase"));
}

static void
an_authority_is_one_that_may_sign_and_has_its_key(void **state)
{
	struct place *place = *state;
	struct kg_authority authority;

	issue(place, "ca", (struct kg_certificate_wish){ .is_ca = true }, NULL);
	issue(place, "leaf", (struct kg_certificate_wish){ .is_server = true }, "ca");
	const struct kg_authority_files leaf = { path(place, "leaf.crt"), path(place, "leaf.key"), NULL },
					mixed = { path(place, "ca.crt"), path(place, "leaf.key"), NULL };
	struct kg_error *error = kg_authority_read(place->arena, &leaf, &authority);
	assert_non_null(strstr(error->message, "none of an authority"));
	kg_authority_free(&authority);
	error = kg_authority_read(place->arena, &mixed, &authority);
	assert_non_null(strstr(error->message, "does not belong to the certificate"));
	kg_authority_free(&authority);
}

/* The authorities that openssl itself makes, with extensions of its own liking. */
static void
an_authority_of_somebody_elses_signs_as_well(void **state)
{
	struct place *place = *state;

	openssl(place, "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /O=Acme/CN=Root -days 2");
	issue(place, "leaf", (struct kg_certificate_wish){ .is_server = true }, "ca");
	says(place, "verify -purpose sslserver -CAfile ca.crt leaf.crt", "leaf.crt: OK");
	assert_string_equal(kept_why(place, "leaf.crt", "leaf.key", "ca.crt", place->now_s + 60), "");
}

static void
a_folder_is_replaced_as_a_whole_and_with_nothing_of_others(void **state)
{
	struct place *place = *state;
	const char *folder = path(place, "a/tls"), *text;
	const struct kg_folder_file first[] = { { "crt", "one", 0644 }, { "key", "first", 0600 }, { 0 } };
	const struct kg_folder_file second[] = { { "crt", "two", 0644 }, { "key", "second", 0600 }, { 0 } };
	struct stat stat_of;
	size_t size;

	assert_null(kg_folder_replace(place->arena, folder, first, NULL));
	/* What one that was killed has left. */
	assert_null(kg_file_make_folder(place->arena, path(place, "a/.tls.kgraph-new/x"), 0700));
	assert_null(kg_folder_replace(place->arena, folder, second, NULL));
	assert_null(kg_file_read(place->arena, path(place, "a/tls/key"), &text, &size));
	assert_string_equal(text, "second");
	assert_int_equal(stat(path(place, "a/tls/key"), &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 07777, 0600);
	assert_int_equal(access(path(place, "a/.tls.kgraph-new"), F_OK), -1);

	assert_null(kg_file_write(place->arena, path(place, "a/tls/mine"), "x", 1, 0644));
	struct kg_error *error = kg_folder_replace(place->arena, folder, first, NULL);
	assert_non_null(strstr(error->message, "holds mine, which would be lost"));
	assert_null(kg_file_read(place->arena, path(place, "a/tls/key"), &text, &size));
	assert_string_equal(text, "second");
	assert_non_null(kg_folder_replace(place->arena, path(place, "b"), first, "nobody-of-that-name"));
	assert_int_equal(access(path(place, "b"), F_OK), geteuid() == 0 ? -1 : 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(openssl_takes_what_is_signed_with_each_algorithm, setup, teardown),
		cmocka_unit_test_setup_teardown(a_chain_of_authorities_holds, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_signs_itself_is_trusted_by_those_who_have_it, setup, teardown),
		cmocka_unit_test_setup_teardown(names_that_cannot_be_in_one_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(what_does_not_belong_together_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(an_authority_is_one_that_may_sign_and_has_its_key, setup, teardown),
		cmocka_unit_test_setup_teardown(an_authority_of_somebody_elses_signs_as_well, setup, teardown),
		cmocka_unit_test_setup_teardown(a_folder_is_replaced_as_a_whole_and_with_nothing_of_others, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
