/*
 * A free port chosen once for each name of a checkout, remembered, and given to nobody else.
 *
 *     error = kg_ports_choose(run);          run->ports is filled
 *
 * Ports of the checkout are facts in its ledger. Which port belongs to whom on this machine is one file of the user, so that two checkouts
 * whose stacks are down at different times do not take each other's.
 */
#pragma once

#include <stdint.h>

struct kg_error;
struct kg_run;

/* KG_ESYSTEM when no port can be had. In a plan, or when only reading, nothing is remembered. */
[[nodiscard]] struct kg_error *kg_ports_choose(struct kg_run *run);

/* A port that was chosen in this run is kept from others until the node that is to listen on it starts. Any thread; harmless when it is not kept. */
void kg_port_give(struct kg_run *run, uint32_t index);
