#include <stddef.h>

#include "engine/cli/option.h"

static const char *const colours[] = { "auto", "always", "never", NULL };
static const char *const drawings[] = { "dot", "mermaid", "json", NULL };
static const char *const environments[] = { "sh", "fish", "dotenv", "json", NULL };

#define AT(member) .offset = offsetof(struct kg_options, member)

/* In the order of the help. */
const struct kg_option kg_option_table[] = {
	{ "directory", 'C', KG_OPTION_TEXT, "DIR", "start looking for kgraph.toml in DIR", KG_OPTION_GRAPH, AT(folder),
	    .naming = KG_NAMES_FOLDER },
	{ "file", 'f', KG_OPTION_TEXT, "FILE", "the graph file, instead of kgraph.toml here or in a folder above", KG_OPTION_GRAPH,
	    AT(file), .naming = KG_NAMES_FILE },
	{ "profile", 'p', KG_OPTION_TEXT, "NAME", "use [profile.NAME] of the graph file", KG_OPTION_GRAPH, AT(profile) },
	{ "set", 's', KG_OPTION_TEXTS, "VAR=VALUE", "set a variable of [vars]; may be repeated", KG_OPTION_GRAPH, AT(sets) },
	{ "jobs", 'j', KG_OPTION_COUNT, "N", "how many nodes run at once; otherwise as many as there are cores", KG_OPTION_WORK,
	    AT(jobs) },
	{ "timeout", 't', KG_OPTION_DURATION, "TIME", "time limit of the whole run, such as 90s or 10m",
	    KG_OPTION_WORK | KG_OPTION_DOWN, AT(timeout_ms) },
	{ "fail-fast", 0, KG_OPTION_FLAG, NULL, "start nothing more after the first failure", KG_OPTION_WORK, AT(fail_fast) },
	{ "no-wait", 0, KG_OPTION_FLAG, NULL, "do not wait at the end until everything is ready", KG_OPTION_WORK, AT(no_wait) },
	{ "no-store", 0, KG_OPTION_FLAG, NULL, "neither take outputs from the store and the shared cache nor put them there",
	    KG_OPTION_WORK, AT(no_store) },
	{ "push", 0, KG_OPTION_FLAG, NULL, "hand what is made on to the shared cache", KG_OPTION_WORK, AT(push) },
	{ "no-push", 0, KG_OPTION_FLAG, NULL, "only take from the shared cache", KG_OPTION_WORK, AT(no_push) },
	{ "wait-lock", 0, KG_OPTION_PATIENCE, "TIME", "wait for another run of this graph to end, for ever or that long",
	    KG_OPTION_LOCK, AT(lock_wait_ms) },
	{ "events", 0, KG_OPTION_TEXT, "FILE", "write what happens as JSON, one event a line", KG_OPTION_EVENTS, AT(events),
	    .naming = KG_NAMES_FILE },
	{ "trace", 0, KG_OPTION_TEXT, "FILE", "write a trace for Perfetto or chrome://tracing", KG_OPTION_EVENTS, AT(trace),
	    .naming = KG_NAMES_FILE },
	{ "summary", 0, KG_OPTION_TEXT, "FILE", "add a page of Markdown about the run to FILE, such as $GITHUB_STEP_SUMMARY",
	    KG_OPTION_EVENTS, AT(summary), .naming = KG_NAMES_FILE },
	{ "purge", 0, KG_OPTION_FLAG, NULL, "remove data and outputs as well", KG_OPTION_DOWN, AT(purge) },
	{ "json", 0, KG_OPTION_FLAG, NULL, "print JSON", KG_OPTION_STATUS, AT(json) },
	{ "follow", 'f', KG_OPTION_FLAG, NULL, "go on printing what is added", KG_OPTION_LOGS, AT(follow) },
	{ "lines", 'n', KG_OPTION_COUNT, "N", "only the last N lines", KG_OPTION_LOGS, AT(lines) },
	{ "format", 0, KG_OPTION_WORD, "FORM", "dot (the default), mermaid or json", KG_OPTION_DRAW, AT(format), drawings },
	{ "format", 0, KG_OPTION_WORD, "FORM", "sh (the default), fish, dotenv or json", KG_OPTION_ENV, AT(format), environments },
	{ "size", 0, KG_OPTION_SIZE, "SIZE", "what the store may take, such as 5G; otherwise KGRAPH_STORE_SIZE or 10G",
	    KG_OPTION_GC, AT(size_bytes) },
	{ "images", 0, KG_OPTION_SIZE, "SIZE",
	    "remove old images that kgraph has built, until those of this graph's engine take no more than that", KG_OPTION_GC,
	    AT(images_bytes) },
	{ "color", 0, KG_OPTION_CHOICE, "WHEN", "auto, always or never", KG_OPTION_ANY, AT(colour), colours },
	{ "verbose", 'v', KG_OPTION_FLAG, NULL, "tell more", KG_OPTION_ANY, AT(verbose) },
	{ "quiet", 'q', KG_OPTION_FLAG, NULL, "tell only what went wrong", KG_OPTION_ANY, AT(quiet) },
	{ "help", 'h', KG_OPTION_FLAG, NULL, "tell about the command", KG_OPTION_ANY, AT(help) },
	{ "version", 0, KG_OPTION_FLAG, NULL, "tell the version", KG_OPTION_ANY, AT(version) },
	{ 0 },
};
