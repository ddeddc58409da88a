#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/text.h"
#include "tests/unit/registry/asking.h"
#include "tests/unit/registry/registry_server.h"

struct test {
	struct asking *asking;
	struct registry_server *server;
};

static struct test test;

static const char *
path(const char *name)
{
	return asking_path(test.asking, name);
}

/* NAME.key and NAME.pem: an authority, or signed by one. */
static void
certificate_make(const char *name, const char *authority, const char *extension)
{
	struct kg_arena *arena = test.asking->arena;
	const char *key = path(kg_format(arena, "%s.key", name)), *pem = path(kg_format(arena, "%s.pem", name));
	const char *subject = kg_format(arena, "/CN=%s", name), *request = path("request.pem");

	if (!authority) {
		kg_assert(run_program((const char *[]){ "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
			      "-out", pem, "-days", "2", "-subj", subject, NULL }) == 0);
		return;
	}
	asking_write(test.asking, "extension", extension, strlen(extension));
	kg_assert(run_program((const char *[]){ "openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request,
		      "-subj", subject, NULL }) == 0);
	kg_assert(run_program((const char *[]){ "openssl", "x509", "-req", "-in", request, "-CA",
		      path(kg_format(arena, "%s.pem", authority)), "-CAkey", path(kg_format(arena, "%s.key", authority)),
		      "-CAcreateserial", "-out", pem, "-days", "2", "-extfile", path("extension"), NULL }) == 0);
}

static void
file_copy(const char *from, const char *to)
{
	size_t size;
	const char *bytes = asking_read(test.asking, from, &size);

	kg_assert(bytes);
	asking_write(test.asking, to, bytes, size);
}

/* Below the folder of certificates for the registry. */
static const char *
certs_path(const char *name)
{
	return kg_format(test.asking->arena, "home/.config/containers/certs.d/%s/%s", test.server->host, name);
}

static void
server_start(const char *more)
{
	test.server = registry_server_start(test.asking->arena, path("registry"),
	    (struct registry_options){ .certificate = path("server.pem"), .key = path("server.key"), .more = more });
	if (!test.server) {
		print_message("there is no docker-registry\n");
		skip();
	}
}

static int
setup(void **)
{
	test = (struct test){ .asking = asking_make() };
	certificate_make("authority", NULL, NULL);
	certificate_make("server", "authority", "subjectAltName=IP:127.0.0.1\n");
	return 0;
}

static int
teardown(void **)
{
	if (test.server)
		registry_server_stop(test.server);
	asking_free(test.asking);
	return 0;
}

static struct ask
put(void)
{
	struct ask ask = { .blob_put = &(struct kg_blob_put){ test.server->host, "a/b", .bytes = "some text", .size = 9 } };

	asking_run(test.asking, &ask, 1);
	return ask;
}

static void
an_authority_of_certs_d_is_trusted(void **)
{
	server_start(NULL);
	file_copy("authority.pem", certs_path("ca.crt"));
	struct ask ask = put();

	assert_null(ask.error);
}

/* Over HTTP/2, which the registry has behind TLS. */
static void
much_goes_to_and_fro_over_tls(void **)
{
	static constexpr size_t size = 5 << 20;
	server_start(NULL);
	char *noise = asking_noise(test.asking, size);
	struct ask puts[4] = { 0 }, gets[4] = { 0 };
	struct kg_blob_put put[4];
	struct kg_blob_ask get[4];

	file_copy("authority.pem", certs_path("ca.crt"));
	for (int i = 0; i < 4; i++) {
		noise[0] = (char)i;
		asking_write(test.asking, kg_format(test.asking->arena, "put-%d", i), noise, size);
		put[i] = (struct kg_blob_put){ test.server->host, "a/b", .file = path(kg_format(test.asking->arena, "put-%d", i)) };
		get[i] = (struct kg_blob_ask){ test.server->host, "a/b", kg_sha256(test.asking->arena, noise, size), (int64_t)size,
			.file = path(kg_format(test.asking->arena, "got-%d", i)) };
		puts[i].blob_put = &put[i];
		gets[i].blob = &get[i];
	}
	asking_run_at_once(test.asking, puts, 4);
	asking_run_at_once(test.asking, gets, 4);
	for (int i = 0; i < 4; i++) {
		assert_null(puts[i].error);
		assert_null(gets[i].error);
		assert_int_equal(puts[i].result.moved_bytes, size);
		assert_int_equal(gets[i].result.moved_bytes, size);
	}
}

static void
several_authorities_are_trusted_together(void **)
{
	server_start(NULL);
	certificate_make("another", NULL, NULL);
	file_copy("authority.pem", certs_path("b.crt"));
	file_copy("another.pem", certs_path("a.crt"));
	file_copy("another.pem", certs_path("c.crt"));
	struct ask ask = put();

	assert_null(ask.error);
}

static void
an_unknown_authority_is_refused_on_this_machine_as_well(void **)
{
	server_start(NULL);
	struct ask ask = put();

	assert_non_null(strstr(ask.error, "the server's certificate is refused"));
}

static void
another_authority_is_refused(void **)
{
	server_start(NULL);
	certificate_make("another", NULL, NULL);
	file_copy("another.pem", certs_path("ca.crt"));
	struct ask ask = put();

	assert_non_null(strstr(ask.error, "the server's certificate is refused"));
}

static void
a_client_shows_the_certificate_of_certs_d(void **)
{
	certificate_make("client", "authority", "extendedKeyUsage=clientAuth\n");
	/* The lines go behind those of http.tls. */
	server_start(kg_format(test.asking->arena, "    clientcas:\n      - %s\n", path("authority.pem")));
	file_copy("authority.pem", certs_path("ca.crt"));
	struct ask ask = put();
	assert_non_null(ask.error);

	file_copy("client.pem", certs_path("client.cert"));
	file_copy("client.key", certs_path("client.key"));
	ask = put();
	assert_null(ask.error);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_authority_of_certs_d_is_trusted, setup, teardown),
		cmocka_unit_test_setup_teardown(much_goes_to_and_fro_over_tls, setup, teardown),
		cmocka_unit_test_setup_teardown(several_authorities_are_trusted_together, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_authority_is_refused_on_this_machine_as_well, setup, teardown),
		cmocka_unit_test_setup_teardown(another_authority_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_client_shows_the_certificate_of_certs_d, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
