#include "engine/daemon/holder/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads to the end of fd. NULL when that fails. */
static char *
read_all(int fd, size_t *ret_size)
{
	size_t size = 0, room = 16 << 10;
	char *bytes = malloc(room);

	while (bytes) {
		ssize_t got = read(fd, bytes + size, room - size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		if (got == 0) {
			*ret_size = size;
			return bytes;
		}
		size += (size_t)got;
		if (size == room) {
			char *grown = realloc(bytes, room *= 2);

			if (!grown)
				break;
			bytes = grown;
		}
	}
	free(bytes);
	return NULL;
}

/* What follows "key=" in the entry, or NULL when its key is another. */
static const char *
value_of(const char *entry, const char *key)
{
	size_t length = strlen(key);

	return strncmp(entry, key, length) == 0 && entry[length] == '=' ? entry + length + 1 : NULL;
}

/* All values of one key, ended by NULL. */
static const char **
values_of(const struct kg_holder_request *request, const char *key, size_t *ret_count)
{
	const char *end = request->bytes + request->size;
	size_t count = 0;

	for (const char *at = request->bytes; at < end; at += strlen(at) + 1)
		count += value_of(at, key) != NULL;

	const char **values = calloc(count + 1, sizeof(*values));
	if (!values)
		return NULL;
	*ret_count = count;
	count = 0;
	for (const char *at = request->bytes; at < end; at += strlen(at) + 1)
		if (value_of(at, key))
			values[count++] = value_of(at, key);
	return values;
}

static const char *
text_of(const struct kg_holder_request *request, const char *key)
{
	const char *end = request->bytes + request->size;

	for (const char *at = request->bytes; at < end; at += strlen(at) + 1)
		if (value_of(at, key))
			return value_of(at, key);
	return NULL;
}

static int64_t
number_of(const struct kg_holder_request *request, const char *key)
{
	const char *text = text_of(request, key);

	return text ? strtoll(text, NULL, 10) : -1;
}

static bool
user_read(struct kg_holder_request *request)
{
	const char **groups = values_of(request, "group", &request->group_count);

	request->change_user = text_of(request, "uid") != NULL;
	request->uid = (uid_t)number_of(request, "uid");
	request->gid = (gid_t)number_of(request, "gid");
	request->groups = calloc(request->group_count + 1, sizeof(*request->groups));
	if (!groups || !request->groups) {
		free(groups);
		return false;
	}
	for (size_t i = 0; groups[i]; i++)
		request->groups[i] = (gid_t)strtoul(groups[i], NULL, 10);
	free(groups);
	return !request->change_user || text_of(request, "gid");
}

bool
kg_holder_request_read(int fd, struct kg_holder_request *ret_request)
{
	struct kg_holder_request *request = ret_request;
	static const char last[] = "end=";
	size_t arguments = 0, environment = 0, secrets = 0;

	*request = (struct kg_holder_request){ 0 };
	request->bytes = read_all(fd, &request->size);
	if (!request->bytes || request->size < sizeof(last) ||
	    memcmp(request->bytes + request->size - sizeof(last), last, sizeof(last)) != 0)
		return false;

	request->node = text_of(request, "node");
	request->status_path = text_of(request, "status");
	request->lock_path = text_of(request, "lock");
	request->log_path = text_of(request, "log");
	request->log_limit = number_of(request, "log_limit");
	request->fingerprint = text_of(request, "fingerprint");
	request->stop_signal = (int)number_of(request, "stop_signal");
	request->stop_after_ms = number_of(request, "stop_after_ms");
	request->cwd = text_of(request, "cwd");
	request->program = text_of(request, "program");
	request->arguments = values_of(request, "argument", &arguments);
	request->environment = values_of(request, "environment", &environment);
	request->secrets = values_of(request, "secret", &secrets);
	return user_read(request) && request->node && request->status_path && request->lock_path && request->log_path &&
	    request->log_limit > 0 && request->fingerprint && request->stop_signal > 0 && request->stop_after_ms >= 0 &&
	    request->cwd && request->program && request->arguments && arguments > 0 && request->environment && request->secrets;
}

void
kg_holder_request_forget(struct kg_holder_request *request)
{
	for (const char **at = request->environment; *at; at++)
		explicit_bzero((char *)*at, strlen(*at));
	request->environment[0] = NULL;
}
