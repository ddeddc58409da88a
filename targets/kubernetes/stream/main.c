/* kgraph-stream's options; stream.h says what they are for. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "targets/kubernetes/stream/conn.h"
#include "targets/kubernetes/stream/stream.h"

static constexpr int64_t patience_ns = 30'000'000'000;

struct words {
	struct conn_ways ways;
	struct forward_about forward;
	struct exec_about exec;
};

enum word {
	OPTION_KUBECONFIG = 1,
	OPTION_CONTEXT,
	OPTION_NAMESPACE,
	OPTION_PORT,
	OPTION_LISTEN,
	OPTION_MAY_DIFFER,
	OPTION_TOLD,
	OPTION_CONTAINER,
	OPTION_INPUT,
	OPTION_KIND /* and those behind it, in the order of kg_pick_kinds */
};

static const struct option options[] = {
	{ "kubeconfig", required_argument, NULL, OPTION_KUBECONFIG },
	{ "context", required_argument, NULL, OPTION_CONTEXT },
	{ "namespace", required_argument, NULL, OPTION_NAMESPACE },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "listen", required_argument, NULL, OPTION_LISTEN },
	{ "may-differ", no_argument, NULL, OPTION_MAY_DIFFER },
	{ "told", required_argument, NULL, OPTION_TOLD },
	{ "container", required_argument, NULL, OPTION_CONTAINER },
	{ "input", no_argument, NULL, OPTION_INPUT },
	{ "service", required_argument, NULL, OPTION_KIND },
	{ "pod", required_argument, NULL, OPTION_KIND + 1 },
	{ "deployment", required_argument, NULL, OPTION_KIND + 2 },
	{ "statefulset", required_argument, NULL, OPTION_KIND + 3 },
	{ "daemonset", required_argument, NULL, OPTION_KIND + 4 },
	{ "replicaset", required_argument, NULL, OPTION_KIND + 5 },
	{ 0 },
};

/* "127.0.0.1:8080", "[::1]:0" */
static bool
listen_read(char *text, struct forward_about *forward)
{
	char *colon = strrchr(text, ':'), *end = NULL;
	unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;

	if (!colon || *end || port > UINT16_MAX)
		return false;
	*colon = '\0';
	size_t length = strlen(text);
	if (*text == '[' && length > 1 && text[length - 1] == ']') {
		text[length - 1] = '\0';
		text++;
	}
	forward->host = text;
	forward->port = (uint16_t)port;
	return true;
}

static bool
option_take(struct words *words, int option, char *value)
{
	switch (option) {
	case OPTION_KUBECONFIG: words->ways.server.kubeconfig = value; return true;
	case OPTION_CONTEXT: words->ways.server.context = value; return true;
	case OPTION_NAMESPACE: words->ways.about.namespace_ = value; return true;
	case OPTION_PORT: words->ways.about.port = value; return true;
	case OPTION_LISTEN: return listen_read(value, &words->forward);
	case OPTION_MAY_DIFFER: words->forward.may_differ = true; return true;
	case OPTION_TOLD: words->forward.told = value; return true;
	case OPTION_CONTAINER: words->exec.container = value; return true;
	case OPTION_INPUT: words->exec.has_input = true; return true;
	default:
		if (option < OPTION_KIND || option > OPTION_KIND + 5)
			return false;
		words->ways.about.kind = kg_pick_kinds[option - OPTION_KIND];
		words->ways.about.name = value;
		return true;
	}
}

static int
usage(void)
{
	fprintf(stderr, "kgraph-stream belongs to kgraph, which runs it\n");
	return stream_failed;
}

int
main(int argc, char **argv)
{
	struct words words = { .ways.about.port = "0" };
	const char *command = argc > 1 ? argv[1] : "";
	int option;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stderr, NULL, _IOLBF, 0);
	while ((option = getopt_long(argc - 1, argv + 1, "+", options, NULL)) != -1)
		if (!option_take(&words, option, optarg))
			return usage();
	if (!words.ways.about.name || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return usage();
	words.ways.multi = curl_multi_init();
	if (strcmp(command, "forward") == 0 && words.forward.host) {
		words.ways.patience_ns = patience_ns;
		return forward_serve(&words.ways, &words.forward);
	}
	if (strcmp(command, "try") == 0)
		return forward_try(&words.ways);
	bool is_service = strcmp(words.ways.about.kind, "service") == 0;
	if (strcmp(command, "exec") == 0 && optind + 1 < argc && !is_service) {
		words.ways.about.port = NULL;
		words.exec.command = (const char *const *)argv + 1 + optind;
		return exec_run(&words.ways, &words.exec);
	}
	return usage();
}
