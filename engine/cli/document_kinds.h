/*
 * The tables of docs/kinds.md, made from what the kinds say of themselves. What stands around them is written by hand.
 *
 *     <!-- settings of process -->
 *     ... filled ...
 *     <!-- end -->
 *
 *     error = kg_document_kinds(&text, page, &kg_kinds_facts);
 *
 * `settings of every kind` and `settings of ready` are the common ones.
 */
#pragma once

struct kg_error;
struct kg_facts_set;
struct kg_text;

/* Adds the page to text, its marked parts filled anew. KG_EDATA: a part is about nothing known or has no end, or a kind has no part. */
[[nodiscard]] struct kg_error *kg_document_kinds(struct kg_text *text, const char *page, const struct kg_facts_set *set);
