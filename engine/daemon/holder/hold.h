/*
 * The life of one daemon: started, logged, stopped, reaped to the last of its children.
 *
 *     return kg_holder_hold(&request, report_fd);
 */
#pragma once

#include "engine/daemon/holder/request.h"

/*
 * What kgraph may send along with SIGTERM (as the value of sigqueue(3)): how to stop now, when that was changed since the start.
 * The signal is in the upper 32 bits, the limit in milliseconds in the lower ones.
 */

/*
 * Writes the report to report_fd and closes it once it is known whether the program runs. lock_fd is the lock, held: when somebody removes its
 * file (`git clean -fdx`), nobody could find the daemon any more, so it is stopped. Returns the exit status.
 */
int kg_holder_hold(struct kg_holder_request *request, int report_fd, int lock_fd);
