/* TLS and HTTP/2, against nghttpd, and openssl's server where HTTP/1 is what is asked about. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/loop/http_inside.h"
#include "tests/unit/loop/asking.h"
#include "tests/unit/loop/certificate.h"
#include "tests/unit/loop/peer.h"
#include "tests/unit/loop/transfer_server.h"

static constexpr long an_hour = 3600;
static constexpr int64_t big_bytes = 50 << 20;

struct tls {
	struct asking *asking; /* has the loop, and a plain server */
	struct peer peer;
	const char *authority, *pem, *key; /* files */
};

static int
set_up(void **state)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	void *asking;

	asking_set_up(&asking);
	tls->asking = asking;
	tls->authority = file_of(asking, "authority.pem");
	tls->pem = file_of(asking, "server.pem");
	tls->key = file_of(asking, "server.key");
	tls->asking->start.ca_file = tls->authority;
	tls->asking->start.http2 = true;
	*state = tls;
	return 0;
}

static int
tear_down(void **state)
{
	struct tls *tls = *state;
	void *asking = tls->asking;

	peer_stop(&tls->peer);
	asking_tear_down(&asking);
	free(tls);
	return 0;
}

static void
certificates_write(struct tls *tls, const char *name, long ends_in_seconds)
{
	struct certificate authority = certificate_make(NULL, "kgraph's test", an_hour);
	struct certificate server = certificate_make(&authority, name, ends_in_seconds);
	struct certificate client = certificate_make(&authority, "client", an_hour);

	certificate_write(&authority, tls->authority, file_of(tls->asking, "authority.key"));
	certificate_write(&server, tls->pem, tls->key);
	certificate_write(&client, file_of(tls->asking, "client.pem"), file_of(tls->asking, "client.key"));
	certificate_free(&authority);
	certificate_free(&server);
	certificate_free(&client);
}

/* Of the folder's files; option may be NULL. */
static void
nghttpd_start(struct tls *tls, const char *option)
{
	const char *const argv[] = { "nghttpd", "-a", "127.0.0.1", option ? option : "--color", peer_port, tls->key, tls->pem,
		NULL };

	assert_null(kg_file_write(tls->asking->arena, file_of(tls->asking, "hello"), "hello", 5, 0600));
	tls->peer = peer_start(tls->asking->folder, argv);
}

static const char *
secure_url(struct tls *tls, const char *path)
{
	return kg_format(tls->asking->arena, "https://127.0.0.1:%u%s", tls->peer.port, path);
}

static void
http2_is_spoken_over_tls(void **state)
{
	struct tls *tls = *state;

	certificates_write(tls, "127.0.0.1", an_hour);
	nghttpd_start(tls, NULL);
	ask(tls->asking, secure_url(tls, "/hello"));
	assert_answered(tls->asking, 200, "hello");
	assert_non_null(strstr(tls->asking->start.answer_headers, "content-length: 5\n"));
	tls->asking->start.method = "HEAD";
	ask(tls->asking, secure_url(tls, "/hello"));
	assert_answered(tls->asking, 200, "");
	assert_non_null(strstr(tls->asking->start.answer_headers, "content-length: 5\n"));
}

enum { crowd_size = 90 };

struct crowd {
	struct kg_wait waits[crowd_size];
	struct kg_http_start starts[crowd_size];
	uint32_t ended;
};

static void
on_crowd_ended(struct kg_wait *wait)
{
	struct crowd *crowd = wait->context;
	const struct kg_http_start *start = &crowd->starts[wait - crowd->waits];

	assert_null(start->error_text);
	assert_string_equal(start->answer, "hello");
	crowd->ended++;
}

/* By nghttpd's own log: "[id=3] [  0.411] recv (stream_id=1) :method: GET". */
static uint32_t
requests_count(struct tls *tls, uint32_t *ret_connections)
{
	uint32_t requests = 0, first = 0, last = 0, id;
	const char *log;
	size_t size;

	assert_null(kg_file_read(tls->asking->arena, file_of(tls->asking, "peer.log"), &log, &size));
	for (const char *line = log; *line; line += strcspn(line, "\n") + 1) {
		const char *request = strstr(line, ") :method: GET\n");

		if (!request || request > line + strcspn(line, "\n") || sscanf(line, "[id=%u]", &id) != 1)
			continue;
		requests++;
		first = first ? first : id;
		last = id;
	}
	*ret_connections = last - first + 1;
	return requests;
}

static void
many_exchanges_share_one_connection(void **state)
{
	static struct crowd crowd;
	struct tls *tls = *state;
	uint32_t connections;

	certificates_write(tls, "127.0.0.1", an_hour);
	nghttpd_start(tls, "-v");
	for (int i = 0; i < crowd_size; i++) {
		crowd.waits[i] = (struct kg_wait){ .ended = on_crowd_ended, .context = &crowd };
		crowd.starts[i] = tls->asking->start;
		crowd.starts[i].url = secure_url(tls, "/hello");
		kg_http_start(tls->asking->loop, &crowd.waits[i], &crowd.starts[i]);
	}
	kg_loop_run(tls->asking->loop);
	assert_int_equal(crowd.ended, crowd_size);
	assert_int_equal(requests_count(tls, &connections), crowd_size);
	assert_int_equal(connections, 1);
}

enum { stream_count = 3, short_count = 32 };

/* Streams that go on for as long as anything short is on its way beside them. */
struct mixture {
	struct kg_wait stream_waits[stream_count], short_waits[short_count];
	struct kg_http_start streams[stream_count], shorts[short_count];
	uint32_t shorts_ended, streams_ended;
	uint64_t streamed_bytes;
};

static void
on_short_ended(struct kg_wait *wait)
{
	struct mixture *mixture = wait->context;
	const struct kg_http_start *start = &mixture->shorts[wait - mixture->short_waits];

	assert_null(start->error_text);
	assert_string_equal(start->answer, "hello");
	mixture->shorts_ended++;
}

static void
on_stream_ended(struct kg_wait *wait)
{
	struct mixture *mixture = wait->context;
	const struct kg_http_start *start = &mixture->streams[wait - mixture->stream_waits];

	assert_null(start->error_text);
	assert_int_equal(start->status, 200);
	assert_int_equal(mixture->shorts_ended, short_count);
	mixture->streams_ended++;
}

static bool
stream_take(void *context, const char *, size_t size)
{
	struct mixture *mixture = context;

	mixture->streamed_bytes += size;
	return mixture->shorts_ended < short_count;
}

static void
long_streams_and_short_requests_share_one_connection(void **state)
{
	static struct mixture mixture;
	struct tls *tls = *state;
	const char *endless = file_of(tls->asking, "endless");
	uint32_t connections;
	int fd = open(endless, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(ftruncate(fd, 1LL << 40), 0);
	close(fd);
	certificates_write(tls, "127.0.0.1", an_hour);
	nghttpd_start(tls, "-v");
	for (int i = 0; i < stream_count; i++) {
		mixture.stream_waits[i] = (struct kg_wait){ .ended = on_stream_ended, .context = &mixture };
		mixture.streams[i] = tls->asking->start;
		mixture.streams[i].url = secure_url(tls, "/endless");
		mixture.streams[i].timeout_ms = -1;
		mixture.streams[i].collect = stream_take;
		mixture.streams[i].context = &mixture;
		kg_http_start(tls->asking->loop, &mixture.stream_waits[i], &mixture.streams[i]);
	}
	for (int i = 0; i < short_count; i++) {
		mixture.short_waits[i] = (struct kg_wait){ .ended = on_short_ended, .context = &mixture };
		mixture.shorts[i] = tls->asking->start;
		mixture.shorts[i].url = secure_url(tls, "/hello");
		kg_http_start(tls->asking->loop, &mixture.short_waits[i], &mixture.shorts[i]);
	}
	kg_loop_run(tls->asking->loop);
	assert_int_equal(mixture.streams_ended, stream_count);
	assert_true(mixture.streamed_bytes > 0);
	/* Leaving a stream leaves the connection as it was. */
	ask(tls->asking, secure_url(tls, "/hello"));
	assert_answered(tls->asking, 200, "hello");
	assert_int_equal(requests_count(tls, &connections), stream_count + short_count + 1);
	assert_int_equal(connections, 1);
}

static bool
all_is_taken(void *context, const char *, size_t size)
{
	*(uint64_t *)context += size;
	return true;
}

static void
a_stream_that_the_server_ends_has_ended_well(void **state)
{
	struct tls *tls = *state;
	uint64_t taken = 0;

	certificates_write(tls, "127.0.0.1", an_hour);
	file_with_bytes(tls->asking, "some", 1 << 20);
	nghttpd_start(tls, "--no-content-length");
	tls->asking->start.collect = all_is_taken;
	tls->asking->start.context = &taken;
	tls->asking->start.timeout_ms = -1;
	ask(tls->asking, secure_url(tls, "/some"));
	assert_answered(tls->asking, 200, "");
	assert_int_equal(taken, 1 << 20);
}

static void
a_file_of_50_mb_goes_there_and_comes_back(void **state)
{
	struct tls *tls = *state;
	struct asking *asking = tls->asking;

	certificates_write(tls, "127.0.0.1", an_hour);
	nghttpd_start(tls, "--echo-upload");
	asking->start.method = "PUT";
	asking->start.body_path = file_with_bytes(asking, "big", big_bytes);
	asking->start.save_fd = open(file_of(asking, "back"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	asking->start.stall_ms = 20000;
	ask(asking, secure_url(tls, "/echo"));
	close(asking->start.save_fd);
	/* nghttpd speaks nothing but HTTP/2. */
	if (!kg_http_may_share_sending()) {
		assert_int_equal(asking->start.status, 0);
		return;
	}
	assert_answered(asking, 200, "");
	assert_file_has_bytes(asking, "back", big_bytes);
}

static bool
kill_the_server(void *context, const char *, size_t)
{
	struct tls *tls = context;

	if (tls->peer.pid > 0)
		peer_stop(&tls->peer);
	return true;
}

static void
a_server_that_dies_in_the_middle_is_told(void **state)
{
	struct tls *tls = *state;
	struct asking *asking = tls->asking;

	certificates_write(tls, "127.0.0.1", an_hour);
	file_with_bytes(asking, "big", big_bytes);
	nghttpd_start(tls, NULL);
	asking->start.collect = kill_the_server;
	asking->start.context = tls;
	ask(asking, secure_url(tls, "/big"));
	assert_int_equal(asking->start.status, 0);
	assert_non_null(asking->start.error_text);
	assert_false(asking->start.error_is_lasting);
}

static void
a_certificate_for_another_name_is_refused(void **state)
{
	struct tls *tls = *state;

	certificates_write(tls, "localhost", an_hour);
	nghttpd_start(tls, NULL);
	ask(tls->asking, secure_url(tls, "/hello"));
	assert_failed(tls->asking, "the server's certificate is not for 127.0.0.1");
	assert_true(tls->asking->start.error_is_lasting);
	tls->asking->start.insecure = true;
	ask(tls->asking, secure_url(tls, "/hello"));
	assert_answered(tls->asking, 200, "hello");
	/* What was let through once is not let through by a connection that was kept. */
	tls->asking->start.insecure = false;
	ask(tls->asking, secure_url(tls, "/hello"));
	assert_failed(tls->asking, "the server's certificate is not for 127.0.0.1");
}

static void
an_authority_that_is_not_known_is_refused(void **state)
{
	struct tls *tls = *state;

	certificates_write(tls, "127.0.0.1", an_hour);
	nghttpd_start(tls, NULL);
	tls->asking->start.ca_file = NULL;
	ask(tls->asking, secure_url(tls, "/hello"));
	assert_failed(tls->asking, "the server's certificate is refused: unable to get local issuer certificate");
	assert_true(tls->asking->start.error_is_lasting);
	tls->asking->start.ca_file = file_of(tls->asking, "nothing.pem");
	ask(tls->asking, secure_url(tls, "/hello"));
	assert_failed(tls->asking, kg_format(tls->asking->arena, "cannot use the certificates in %s", tls->asking->start.ca_file));
}

static void
a_certificate_that_has_expired_is_refused(void **state)
{
	struct tls *tls = *state;

	certificates_write(tls, "127.0.0.1", -an_hour);
	nghttpd_start(tls, NULL);
	ask(tls->asking, secure_url(tls, "/hello"));
	assert_failed(tls->asking, "the server's certificate is refused: certificate has expired");
	assert_true(tls->asking->start.error_is_lasting);
}

static void
a_client_shows_its_certificate(void **state)
{
	struct tls *tls = *state;
	struct asking *asking = tls->asking;

	certificates_write(tls, "127.0.0.1", an_hour);
	nghttpd_start(tls, "--verify-client");
	/* nghttpd 1.59 may leave a connection open that it refuses. */
	asking->start.timeout_ms = 5000;
	ask(asking, secure_url(tls, "/hello"));
	assert_int_equal(asking->start.status, 0);
	assert_non_null(asking->start.error_text);
	asking->start.timeout_ms = 0;
	asking->start.cert_file = file_of(asking, "client.pem");
	asking->start.key_file = file_of(asking, "client.key");
	ask(asking, secure_url(tls, "/hello"));
	assert_answered(asking, 200, "hello");
	asking->start.cert_file = file_of(asking, "nothing.pem");
	ask(asking, secure_url(tls, "/hello"));
	assert_failed(asking, kg_format(asking->arena, "cannot use the client's certificate %s", asking->start.cert_file));
}

static const char *
text_of(struct asking *asking, const char *name)
{
	const char *text;
	size_t size;

	assert_null(kg_file_read(asking->arena, file_of(asking, name), &text, &size));
	return text;
}

static void
certificates_and_keys_may_be_texts(void **state)
{
	struct tls *tls = *state;
	struct asking *asking = tls->asking;

	certificates_write(tls, "127.0.0.1", an_hour);
	nghttpd_start(tls, "--verify-client");
	/* What is a text comes before what is in a file. */
	asking->start.ca_file = "/dev/null";
	asking->start.ca_pem = text_of(asking, "authority.pem");
	asking->start.cert_pem = text_of(asking, "client.pem");
	asking->start.key_pem = text_of(asking, "client.key");
	ask(asking, secure_url(tls, "/hello"));
	assert_answered(asking, 200, "hello");
	asking->start.cert_pem = kg_format(asking->arena, "%s%s", asking->start.cert_pem, asking->start.key_pem);
	asking->start.key_pem = NULL;
	ask(asking, secure_url(tls, "/hello"));
	assert_answered(asking, 200, "hello");
	asking->start.cert_pem = "no certificate";
	ask(asking, secure_url(tls, "/hello"));
	assert_failed(asking, "cannot use the client's certificate");
	assert_true(asking->start.error_is_lasting);
	asking->start.cert_pem = NULL;
	asking->start.ca_pem = "no certificate";
	ask(asking, secure_url(tls, "/hello"));
	assert_failed(asking, "cannot use the certificates of the authority");
}

/* nghttpd logs what it is asked for: the name, and the header. */
static void
the_server_may_have_another_name_than_the_url(void **state)
{
	struct tls *tls = *state;
	struct asking *asking = tls->asking;

	certificates_write(tls, "kubernetes.test", an_hour);
	nghttpd_start(tls, "-v");
	asking->start.tls_name = "kubernetes.test";
	ask(asking, secure_url(tls, "/hello"));
	assert_answered(asking, 200, "hello");
	assert_non_null(
	    strstr(text_of(asking, "peer.log"), kg_format(asking->arena, ":authority: 127.0.0.1:%u\n", tls->peer.port)));
	asking->start.tls_name = "other.test";
	ask(asking, secure_url(tls, "/hello"));
	assert_failed(asking, "the server's certificate is not for other.test");
}

static void
what_does_not_speak_tls_is_told(void **state)
{
	struct tls *tls = *state;

	certificates_write(tls, "127.0.0.1", an_hour);
	nghttpd_start(tls, "--no-tls");
	ask(tls->asking, secure_url(tls, "/hello"));
	assert_failed(tls->asking, "it does not speak TLS");
}

/* The kernel takes the connection; nobody shakes hands. */
static void
a_handshake_counts_as_connecting(void **state)
{
	struct tls *tls = *state;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 4), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	tls->asking->start.connect_ms = 80;
	certificates_write(tls, "127.0.0.1", an_hour);
	ask(tls->asking, kg_format(tls->asking->arena, "https://127.0.0.1:%u/", ntohs(address.sin_port)));
	assert_failed(tls->asking, "no connection within 80 ms");
	close(listener);
}

/* openssl's server says what stands in a file. */
static void
a_redirect_that_leaves_tls_is_not_followed(void **state)
{
	struct tls *tls = *state;
	struct asking *asking = tls->asking;
	const char *redirect =
	    kg_format(asking->arena, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n", url_of(asking, "/seen"));

	certificates_write(tls, "127.0.0.1", an_hour);
	assert_null(kg_file_write(asking->arena, file_of(asking, "down"), redirect, strlen(redirect), 0600));
	tls->peer = peer_start(asking->folder,
	    (const char *const[]){
		"openssl", "s_server", "-HTTP", "-accept", peer_address, "-cert", tls->pem, "-key", tls->key, NULL });
	asking->start.follow = true;
	ask(asking, secure_url(tls, "/down"));
	assert_failed(asking, "it redirects from https to http");
	assert_true(asking->start.error_is_lasting);
	asking->start.follow = false;
	ask(asking, secure_url(tls, "/down"));
	assert_answered(asking, 302, "");
	/* The other way round is well. */
	asking->start.follow = true;
	ask(asking, kg_format(asking->arena, "/to/302/%s", secure_url(tls, "/down")));
	assert_failed(asking, "it redirects from https to http");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(http2_is_spoken_over_tls),
		TEST(many_exchanges_share_one_connection),
		TEST(long_streams_and_short_requests_share_one_connection),
		TEST(a_stream_that_the_server_ends_has_ended_well),
		TEST(a_file_of_50_mb_goes_there_and_comes_back),
		TEST(a_server_that_dies_in_the_middle_is_told),
		TEST(a_certificate_for_another_name_is_refused),
		TEST(an_authority_that_is_not_known_is_refused),
		TEST(a_certificate_that_has_expired_is_refused),
		TEST(a_client_shows_its_certificate),
		TEST(certificates_and_keys_may_be_texts),
		TEST(the_server_may_have_another_name_than_the_url),
		TEST(what_does_not_speak_tls_is_told),
		TEST(a_handshake_counts_as_connecting),
		TEST(a_redirect_that_leaves_tls_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
