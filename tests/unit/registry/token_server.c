#include "tests/unit/registry/token_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/text.h"
#include "engine/registry/auth_file.h"
#include "tests/unit/registry/liar.h"
#include "tests/unit/registry/registry_server.h"

struct token_server {
	struct asking *asking;
	struct kg_arena *arena; /* of the answering thread: one at a time */
	struct liar *liar;
	struct lie lies[2];
	const char *basic, *identity;
	EVP_PKEY *key;
	char *certificate; /* base64 of DER */
	int given, said_life, true_life;
	char last[4096];
};

static char *
base64_url(struct kg_arena *arena, const void *bytes, size_t size)
{
	char *text = kg_alloc(arena, (size + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)text, bytes, (int)size);
	for (char *at = text; *at; at++)
		*at = *at == '+' ? '-' : *at == '/' ? '_' : *at == '=' ? '\0' : *at;
	return text;
}

static char *
url_decode(struct kg_arena *arena, const char *text, size_t length)
{
	char *plain = kg_alloc(arena, length + 1), *to = plain;

	for (size_t i = 0; i < length; i++) {
		unsigned code;

		if (text[i] == '%' && i + 2 < length && sscanf(text + i + 1, "%2x", &code) == 1) {
			*to++ = (char)code;
			i += 2;
		} else {
			*to++ = text[i];
		}
	}
	return plain;
}

/* repository:PATH:ACTIONS */
static const char *
access_of(struct kg_arena *arena, const char *scope, bool may_push)
{
	const char *path = strchr(scope, ':') + 1, *end = strrchr(scope, ':');
	bool asks_push = strstr(end, "push") != NULL;

	return kg_format(arena, "[{\"type\":\"repository\",\"name\":\"%.*s\",\"actions\":[\"pull\"%s]}]", (int)(end - path), path,
	    asks_push && may_push ? ",\"push\"" : "");
}

static const char *
token_sign(struct token_server *tokens, const char *access)
{
	struct kg_arena *arena = tokens->arena;
	const char *head = kg_format(arena, "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"x5c\":[\"%s\"]}", tokens->certificate);
	long long now = time(NULL);
	const char *claims = kg_format(arena,
	    "{\"iss\":\"kgraph-test\",\"sub\":\"user\",\"aud\":\"registry-test\",\"exp\":%lld,\"nbf\":%lld,\"iat\":%lld,\"jti\":\"%"
	    "d\",\"access\":%s}",
	    now + tokens->true_life, now - 10, now, tokens->given, access);
	const char *plain =
	    kg_format(arena, "%s.%s", base64_url(arena, head, strlen(head)), base64_url(arena, claims, strlen(claims)));
	unsigned char signature[1024];
	size_t size = sizeof(signature);
	EVP_MD_CTX *sign = EVP_MD_CTX_new();

	kg_assert(EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, tokens->key) == 1);
	kg_assert(EVP_DigestSign(sign, signature, &size, (const unsigned char *)plain, strlen(plain)) == 1);
	EVP_MD_CTX_free(sign);
	return kg_format(arena, "%s.%s", plain, base64_url(arena, signature, size));
}

static char *
token_answer(void *context, const char *head)
{
	struct token_server *tokens = context;
	const char *scope = strstr(head, "scope="), *login = strcasestr(head, "\r\nauthorization: Basic ");
	char *answer;

	kg_assert(scope);
	kg_assert(strstr(head, "service=registry-test"));
	scope += strlen("scope=");
	if (login && strncmp(login + strlen("\r\nauthorization: Basic "), tokens->basic, strlen(tokens->basic)) != 0)
		return strdup("HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	const char *token =
	    token_sign(tokens, access_of(tokens->arena, url_decode(tokens->arena, scope, strcspn(scope, " &")), login != NULL));
	tokens->given++;
	snprintf(tokens->last, sizeof(tokens->last), "%s", token);
	kg_assert(asprintf(&answer,
		      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
		      "{\"access_token\":\"%s\",\"expires_in\":%d}",
		      token, tokens->said_life) > 0);
	return answer;
}

static void
key_read(struct token_server *tokens, const char *key, const char *certificate)
{
	BIO *file = BIO_new_file(key, "r");
	unsigned char *der = NULL;

	kg_assert(file);
	tokens->key = PEM_read_bio_PrivateKey(file, NULL, NULL, NULL);
	BIO_free(file);
	file = BIO_new_file(certificate, "r");
	kg_assert(file && tokens->key);
	X509 *read = PEM_read_bio_X509(file, NULL, NULL, NULL);
	BIO_free(file);
	int size = i2d_X509(read, &der);
	kg_assert(size > 0);
	tokens->certificate = kg_alloc(tokens->asking->arena, (size_t)size * 2);
	EVP_EncodeBlock((unsigned char *)tokens->certificate, der, size);
	OPENSSL_free(der);
	X509_free(read);
}

struct token_server *
token_server_start(struct asking *asking, const char *user, const char *password)
{
	struct token_server *tokens = kg_new(asking->arena, struct token_server);
	const char *key = asking_path(asking, "token.key"), *certificate = asking_path(asking, "token.pem");

	kg_assert(run_program((const char *[]){ "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
		      certificate, "-days", "2", "-subj", "/CN=kgraph-test", NULL }) == 0);
	tokens->asking = asking;
	tokens->arena = kg_arena_make();
	tokens->basic = kg_auth_basic(asking->arena, &(struct kg_credentials){ user, password, NULL });
	tokens->said_life = tokens->true_life = 300;
	key_read(tokens, key, certificate);
	tokens->lies[0] = (struct lie){ .path = "/token", .make = token_answer, .context = tokens };
	tokens->liar = liar_start(0, tokens->lies);
	return tokens;
}

const char *
token_server_config(struct token_server *tokens)
{
	return kg_format(tokens->asking->arena,
	    "auth:\n  token:\n    realm: http://%s/token\n    service: registry-test\n    issuer: kgraph-test\n    rootcertbundle: "
	    "%s\n",
	    tokens->liar->host, asking_path(tokens->asking, "token.pem"));
}

void
token_server_life(struct token_server *tokens, int said, int true_one)
{
	tokens->said_life = said;
	tokens->true_life = true_one;
}

int
token_server_given(struct token_server *tokens)
{
	return tokens->given;
}

const char *
token_server_last(struct token_server *tokens)
{
	return tokens->last;
}

void
token_server_stop(struct token_server *tokens)
{
	liar_free(tokens->liar);
	EVP_PKEY_free(tokens->key);
	kg_arena_free(tokens->arena);
}
