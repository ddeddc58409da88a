/*
 * What a node's kind finds out by steps that its thing prints, line by line on standard output: the logs of pods.
 *
 *     int status = kg_logs_show(cli, &checkout, "web", &none);
 *     if (!none)
 *         return status;
 */
#pragma once

struct kg_checkout;
struct kg_cli;

/*
 * An exit code, once it is printed or was told why not. *ret_none: NULL then; else the node's own log is to be printed, and this is why ("" when its
 * kind has no such steps).
 */
int kg_logs_show(struct kg_cli *cli, const struct kg_checkout *checkout, const char *node, const char **ret_none);
