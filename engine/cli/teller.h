/*
 * What a run tells, on its way to the user: events go to the display, failures are kept and told at the end with their last lines, and then the
 * sum of it all in one line.
 *
 *     struct kg_teller *teller = kg_teller_make(cli, stdout);
 *     options.reporter = kg_teller_reporter(teller);
 *     ...
 *     outcome = kg_run_up(run);
 *     kg_teller_end(teller);
 */
#pragma once

#include <stdio.h>

#include "engine/run/event.h"

struct kg_cli;
struct kg_teller;

/* stream: where progress and the sum go; failures go to standard error. */
struct kg_teller *kg_teller_make(struct kg_cli *cli, FILE *stream);
struct kg_reporter kg_teller_reporter(struct kg_teller *teller);
/* Tells the failures and the sum. Once. */
void kg_teller_end(struct kg_teller *teller);
