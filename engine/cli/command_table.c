#include "engine/cli/cli.h"

static constexpr uint32_t any = UINT32_MAX;
static constexpr uint32_t upwards = KG_OPTION_GRAPH | KG_OPTION_WORK | KG_OPTION_LOCK | KG_OPTION_EVENTS;

/* In the order of the help. */
const struct kg_command kg_commands[] = {
	{ .name = "up",
	    .arguments = "[NAME...]",
	    .summary = "bring it up: run what has changed, wait until all of it is ready",
	    .text = "NAME is a target or a node of the graph file, or the prefix of an include (`pg.`). Without one the default "
		    "target is "
		    "meant, or every node.\n"
		    "\n"
		    "What is made of the same as last time and still there is skipped. Everything else runs as wide as the graph "
		    "allows; then "
		    "all that has a readiness rule is waited for at once. What can run does run although something else has "
		    "failed, and all "
		    "failures are told at the end. Daemons stay when kgraph has ended; `kgraph down` stops them.\n"
		    "\n"
		    "    kgraph up datastorage-stack\n"
		    "    kgraph up --set consumer=aianalysis",
	    .groups = upwards,
	    .most = any,
	    .naming = KG_NAMES_CHOSEN,
	    .run = kg_command_up },
	{ .name = "run",
	    .arguments = "[NAME...] -- COMMAND...",
	    .summary = "bring it up, then run COMMAND with its exports in the environment",
	    .text = "COMMAND takes the place of kgraph: it has the terminal and gets the signals, and its exit status is the "
		    "result. Progress "
		    "goes to standard error, so that standard output is COMMAND's alone. When the stack does not come up, COMMAND "
		    "is not "
		    "run.\n"
		    "\n"
		    "    kgraph run datastorage-stack -- tests/e2e.sh",
	    .groups = upwards,
	    .most = any,
	    .naming = KG_NAMES_CHOSEN,
	    .takes_program = true,
	    .run = kg_command_run },
	{ .name = "down",
	    .arguments = "[NAME...]",
	    .summary = "stop what outlives a run; with --purge remove data and outputs too",
	    .text =
		"Goes by what was brought up and not by the file, so that a node that has left the file is taken down as well. A "
		"target "
		"stands for all that it needs; a node for itself and for what uses it. Users are stopped before what they use.\n"
		"\n"
		"    kgraph down\n"
		"    kgraph down --purge",
	    .groups = KG_OPTION_GRAPH | KG_OPTION_LOCK | KG_OPTION_EVENTS | KG_OPTION_DOWN,
	    .most = any,
	    .naming = KG_NAMES_CHOSEN,
	    .run = kg_command_down },
	{ .name = "status",
	    .arguments = "",
	    .summary = "what was brought up, and what of it is alive",
	    .text = "Asks whether processes are alive; does not look whether anything has changed, as `kgraph plan` does.",
	    .groups = KG_OPTION_GRAPH | KG_OPTION_STATUS,
	    .run = kg_command_status },
	{ .name = "plan",
	    .arguments = "[NAME...]",
	    .summary = "what `up` would do and why, touching nothing",
	    .text = "Each node that would run is told with the reason. What comes after such a node may run or not: that depends "
		    "on whether "
		    "its outputs come out the same.",
	    .groups = KG_OPTION_GRAPH | KG_OPTION_LOCK | KG_OPTION_EVENTS,
	    .most = any,
	    .naming = KG_NAMES_CHOSEN,
	    .run = kg_command_plan },
	{ .name = "why",
	    .arguments = "NODE",
	    .summary = "why NODE would run: the file, setting, tool or output that changed",
	    .text = "Tells every part of the node that is not as it was when it last ran.",
	    .groups = KG_OPTION_GRAPH | KG_OPTION_LOCK,
	    .fewest = 1,
	    .most = 1,
	    .naming = KG_NAMES_NODE,
	    .run = kg_command_why },
	{ .name = "logs",
	    .arguments = "NODE",
	    .summary = "what NODE prints, or printed when it last ran",
	    .text = "Of a process that is its own log, over all its restarts. With --follow it goes on with what is added, also "
		    "when the log "
		    "is put aside at its size limit.\n"
		    "\n"
		    "    kgraph logs -f -n 20 ds.datastorage",
	    .groups = KG_OPTION_GRAPH | KG_OPTION_LOGS,
	    .fewest = 1,
	    .most = 1,
	    .naming = KG_NAMES_NODE,
	    .run = kg_command_logs },
	{ .name = "collect",
	    .arguments = "DIR [NAME...]",
	    .summary = "gather what explains a failure into DIR: logs, settings, what the things say of themselves",
	    .text =
		"For a CI job that keeps DIR when a test has failed, or to send to somebody. Of each node that was brought up, "
		"or that NAME means: what it was run with and what came of it (node.json), its logs of this and of earlier runs, "
		"and what its kind knows, such as what a container prints and how its engine describes it. Works also when "
		"kgraph was killed, and beside one that hangs. Secrets are left out.\n"
		"\n"
		"    kgraph run e2e -- tests/e2e.sh || kgraph collect artifacts",
	    .groups = KG_OPTION_GRAPH,
	    .fewest = 1,
	    .most = any,
	    .first = KG_NAMES_FOLDER,
	    .naming = KG_NAMES_CHOSEN,
	    .run = kg_command_collect },
	{ .name = "graph",
	    .arguments = "[NAME...]",
	    .summary = "draw the graph for Graphviz or Mermaid, or print it as JSON",
	    .text = "With NAME only what that needs.\n"
		    "\n"
		    "    kgraph graph | dot -Tsvg >graph.svg",
	    .groups = KG_OPTION_GRAPH | KG_OPTION_DRAW,
	    .most = any,
	    .naming = KG_NAMES_CHOSEN,
	    .run = kg_command_graph },
	{ .name = "check",
	    .arguments = "",
	    .summary = "look for errors, and change nothing",
	    .text = "All errors of all files are told in one go, each with its place. Clusters are asked for what manifests name "
		    "and no node\n"
		    "brings, for three seconds at most.",
	    .groups = KG_OPTION_GRAPH,
	    .run = kg_command_check },
	{ .name = "env",
	    .arguments = "[NAME...]",
	    .summary = "print the exports for a shell",
	    .text = "With NAME those that what it means has, whatever else is up. Values may hold secrets; they are printed as "
		    "they are.\n"
		    "\n"
		    "    eval \"$(kgraph env)\"\n"
		    "    kgraph env --format dotenv >.env",
	    .groups = KG_OPTION_GRAPH | KG_OPTION_ENV,
	    .most = any,
	    .naming = KG_NAMES_CHOSEN,
	    .run = kg_command_env },
	{ .name = "gc",
	    .arguments = "",
	    .summary = "shrink the store of outputs that all checkouts share",
	    .text = "What was not used for the longest time goes first, until what is left fits the limit. Safe beside running "
		    "kgraphs.\n"
		    "\n"
		    "With --images it is about container images instead: those that kgraph has built, whichever checkout "
		    "it was for. What a container uses, what this checkout's nodes have, and what somebody has given a name "
		    "of his own stays; of the others the newest stay. Images of others are never touched.\n"
		    "\n"
		    "    kgraph gc --images 10G",
	    .groups = KG_OPTION_GC | KG_OPTION_GRAPH | KG_OPTION_LOCK,
	    .run = kg_command_gc },
	{ .name = "completion",
	    .arguments = "SHELL",
	    .summary = "print the completion for bash, zsh or fish",
	    .text = "An installed kgraph has it where shells look. Otherwise:\n"
		    "\n"
		    "    eval \"$(kgraph completion bash)\"       in ~/.bashrc\n"
		    "    source <(kgraph completion zsh)        in ~/.zshrc, after compinit\n"
		    "    kgraph completion fish | source        in ~/.config/fish/config.fish",
	    .fewest = 1,
	    .most = 1,
	    .naming = KG_NAMES_SHELL,
	    .run = kg_command_completion },
	{ .name = "version", .arguments = "", .summary = "print the version", .text = "", .run = kg_command_version },
	{ .name = "help",
	    .arguments = "[COMMAND|KIND|kinds]",
	    .summary = "tell about a command, or about a kind of node and its settings",
	    .text = "    kgraph help up\n"
		    "    kgraph help kinds\n"
		    "    kgraph help process",
	    .most = 1,
	    .naming = KG_NAMES_TOPIC,
	    .run = kg_command_help },
	{ .name = "__complete",
	    .arguments = "",
	    .summary = "",
	    .text = "",
	    .is_hidden = true,
	    .is_raw = true,
	    .run = kg_command_complete },
	{ .name = "__man", .arguments = "", .summary = "", .text = "", .is_hidden = true, .run = kg_command_man },
	{ 0 },
};
