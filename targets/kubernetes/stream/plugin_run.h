/*
 * A plug-in that prints credentials, run by a program that may wait for it.
 *
 *     error = plugin_run(arena, &config, &answer);
 */
#pragma once

struct kg_arena;
struct kg_error;
struct kg_kubeconfig;
struct kg_plugin_answer;

[[nodiscard]] struct kg_error *plugin_run(
    struct kg_arena *arena, const struct kg_kubeconfig *config, struct kg_plugin_answer *ret_answer);
