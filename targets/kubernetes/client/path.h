/*
 * Paths of an API server: parts and values are escaped as they are added.
 *
 *     kg_text_add(&path, "/api/v1/namespaces/");
 *     kg_path_add(&path, namespace_);
 *     kg_path_query(&path, "labelSelector", "app=web");
 */
#pragma once

struct kg_text;

void kg_path_add(struct kg_text *path, const char *part);
/* Adds nothing when value is NULL or empty. */
void kg_path_query(struct kg_text *path, const char *name, const char *value);
