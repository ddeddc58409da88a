#include <ctype.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "graph/graph.h"

/* What is drawn, and of what. Arrows go the way of time: from what comes first to what needs it. */
struct drawing {
	struct kg_text text;
	const struct kg_graph *graph;
	const struct kg_facts_set *facts;
	const uint8_t *chosen;
};

/* Light enough for black text; one a kind, in turn. */
static const char *const fills[] = { "#dbe9f6", "#e2f0d9", "#fdf0d5", "#f8dfe0", "#e8e1f3", "#d9f0ee", "#efe6dd", "#e6e8eb" };
static constexpr uint32_t fill_count = sizeof(fills) / sizeof(fills[0]);

static const char *
node_name(const struct drawing *drawing, uint32_t node)
{
	return kg_graph_text(drawing->graph, drawing->graph->nodes[node].name);
}

static const char *
kind_name(const struct drawing *drawing, uint32_t node)
{
	return drawing->facts->kinds[drawing->graph->nodes[node].kind]->name;
}

/* A chosen node's needs are chosen as well, as kg_graph_select chooses; but any choice can be drawn. */
static bool
is_drawn(const struct drawing *drawing, uint32_t node)
{
	return !drawing->chosen || drawing->chosen[node];
}

static void
dot_add(struct kg_text *text, const char *name)
{
	kg_text_add(text, "\"");
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			kg_text_add(text, "\\");
		kg_text_add_bytes(text, name, 1);
	}
	kg_text_add(text, "\"");
}

/* In Graphviz's labels that look like HTML. */
static void
markup_add(struct kg_text *text, const char *name)
{
	for (; *name; name++) {
		switch (*name) {
		case '<': kg_text_add(text, "&lt;"); break;
		case '>': kg_text_add(text, "&gt;"); break;
		case '&': kg_text_add(text, "&amp;"); break;
		case '"': kg_text_add(text, "&quot;"); break;
		default: kg_text_add_bytes(text, name, 1);
		}
	}
}

static void
dot_node_add(struct drawing *drawing, uint32_t node)
{
	kg_text_add(&drawing->text, "\t");
	dot_add(&drawing->text, node_name(drawing, node));
	kg_text_add(&drawing->text, " [label=<");
	markup_add(&drawing->text, node_name(drawing, node));
	kg_text_add(&drawing->text, "<br/><font point-size=\"9\" color=\"#5c6670\">");
	markup_add(&drawing->text, kind_name(drawing, node));
	kg_text_format(&drawing->text, "</font>>, fillcolor=\"%s\"];\n", fills[drawing->graph->nodes[node].kind % fill_count]);
}

static void
dot_edge_add(struct drawing *drawing, uint32_t node, const struct kg_edge *edge)
{
	kg_text_add(&drawing->text, "\t");
	dot_add(&drawing->text, node_name(drawing, edge->node));
	kg_text_add(&drawing->text, " -> ");
	dot_add(&drawing->text, node_name(drawing, node));
	if (edge->until == KG_UNTIL_READY)
		kg_text_add(&drawing->text, " [style=dashed, label=\"ready\"]");
	kg_text_add(&drawing->text, ";\n");
}

static void
dot_draw(struct drawing *drawing)
{
	const struct kg_graph *graph = drawing->graph;

	kg_text_add(&drawing->text, "digraph ");
	dot_add(&drawing->text, kg_graph_text(graph, graph->name));
	kg_text_add(&drawing->text,
	    " {\n"
	    "\trankdir=LR; nodesep=0.25; ranksep=0.6;\n"
	    "\tnode [shape=box, style=\"rounded,filled\", color=\"#8a949e\", fontname=\"Helvetica\", fontsize=12];\n"
	    "\tedge [color=\"#5c6670\", arrowsize=0.7, fontname=\"Helvetica\", fontsize=9, fontcolor=\"#5c6670\"];\n");
	for (uint32_t i = 0; i < graph->node_count; i++)
		if (is_drawn(drawing, i))
			dot_node_add(drawing, i);
	for (uint32_t i = 0; i < graph->node_count; i++)
		for (uint32_t at = 0; is_drawn(drawing, i) && at < graph->nodes[i].edge_count; at++) {
			const struct kg_edge *edge = &graph->edges[graph->nodes[i].first_edge + at];

			if (is_drawn(drawing, edge->node))
				dot_edge_add(drawing, i, edge);
		}
	kg_text_add(&drawing->text, "}\n");
}

/* Mermaid knows no backslash: what means something to it is written as a character's number. */
static void
mermaid_add(struct kg_text *text, const char *name)
{
	for (; *name; name++) {
		if ((unsigned char)*name >= 0x80 || isalnum((unsigned char)*name) || *name == '.' || *name == '-' || *name == '_')
			kg_text_add_bytes(text, name, 1);
		else
			kg_text_format(text, "#%d;", *name);
	}
}

/* Ids are numbers: names may hold words that mean something to Mermaid, such as `end`. */
static void
mermaid_draw(struct drawing *drawing)
{
	const struct kg_graph *graph = drawing->graph;

	kg_text_add(&drawing->text, "flowchart LR\n");
	for (uint32_t i = 0; i < graph->node_count; i++) {
		if (!is_drawn(drawing, i))
			continue;
		kg_text_format(&drawing->text, "    n%u[\"", i);
		mermaid_add(&drawing->text, node_name(drawing, i));
		kg_text_add(&drawing->text, "<br/><small>");
		mermaid_add(&drawing->text, kind_name(drawing, i));
		kg_text_format(&drawing->text, "</small>\"]\n    style n%u fill:%s,stroke:#8a949e,color:#000\n", i,
		    fills[graph->nodes[i].kind % fill_count]);
	}
	for (uint32_t i = 0; i < graph->node_count; i++)
		for (uint32_t at = 0; is_drawn(drawing, i) && at < graph->nodes[i].edge_count; at++) {
			const struct kg_edge *edge = &graph->edges[graph->nodes[i].first_edge + at];

			if (is_drawn(drawing, edge->node))
				kg_text_format(&drawing->text, "    n%u %s n%u\n", edge->node,
				    edge->until == KG_UNTIL_READY ? "-. ready .->" : "-->", i);
		}
}

static void
json_needs_add(struct drawing *drawing, uint32_t node)
{
	const struct kg_graph *graph = drawing->graph;
	const char *comma = "";

	for (uint32_t at = 0; at < graph->nodes[node].edge_count; at++) {
		const struct kg_edge *edge = &graph->edges[graph->nodes[node].first_edge + at];

		if (!is_drawn(drawing, edge->node))
			continue;
		kg_text_format(&drawing->text, "%s{\"node\": ", comma);
		kg_text_add_json(&drawing->text, node_name(drawing, edge->node));
		kg_text_format(&drawing->text, ", \"until\": \"%s\", \"uses_output\": %s}",
		    edge->until == KG_UNTIL_READY ? "ready" : "done", edge->is_output ? "true" : "false");
		comma = ", ";
	}
}

/* A target of which nothing is drawn is left out. */
static void
json_targets_add(struct drawing *drawing)
{
	const struct kg_graph *graph = drawing->graph;
	const char *comma = "";

	for (uint32_t i = 0; i < graph->target_count; i++) {
		const char *node_comma = "";
		bool any = false;

		for (uint32_t at = 0; at < graph->targets[i].node_count; at++) {
			uint32_t node = graph->target_nodes[graph->targets[i].first_node + at];

			if (!is_drawn(drawing, node))
				continue;
			if (!any) {
				kg_text_format(&drawing->text, "%s\n    {\"name\": ", comma);
				kg_text_add_json(&drawing->text, kg_graph_text(graph, graph->targets[i].name));
				kg_text_add(&drawing->text, ", \"nodes\": [");
			}
			any = true;
			kg_text_add(&drawing->text, node_comma);
			kg_text_add_json(&drawing->text, node_name(drawing, node));
			node_comma = ", ";
		}
		if (any)
			kg_text_add(&drawing->text, "]}");
		comma = any ? "," : comma;
	}
}

static void
json_draw(struct drawing *drawing)
{
	const struct kg_graph *graph = drawing->graph;
	const char *comma = "";

	kg_text_add(&drawing->text, "{\n  \"name\": ");
	kg_text_add_json(&drawing->text, kg_graph_text(graph, graph->name));
	kg_text_add(&drawing->text, ",\n  \"targets\": [");
	json_targets_add(drawing);
	kg_text_add(&drawing->text, "\n  ],\n  \"nodes\": [");
	for (uint32_t i = 0; i < graph->node_count; i++) {
		if (!is_drawn(drawing, i))
			continue;
		kg_text_format(&drawing->text, "%s\n    {\"name\": ", comma);
		kg_text_add_json(&drawing->text, node_name(drawing, i));
		kg_text_add(&drawing->text, ", \"kind\": ");
		kg_text_add_json(&drawing->text, kind_name(drawing, i));
		kg_text_add(&drawing->text, ", \"needs\": [");
		json_needs_add(drawing, i);
		kg_text_add(&drawing->text, "]}");
		comma = ",";
	}
	kg_text_add(&drawing->text, "\n  ]\n}\n");
}

const char *
kg_graph_draw(struct kg_arena *arena, const struct kg_graph *graph, const struct kg_facts_set *facts, const uint8_t *chosen,
    enum kg_export_form form)
{
	struct drawing drawing = { .text.arena = arena, .graph = graph, .facts = facts, .chosen = chosen };

	switch (form) {
	case KG_EXPORT_DOT: dot_draw(&drawing); break;
	case KG_EXPORT_MERMAID: mermaid_draw(&drawing); break;
	case KG_EXPORT_JSON: json_draw(&drawing); break;
	}
	return kg_text_end(&drawing.text);
}
