/* What `kgraph collect` keeps of a daemon beside its log: whether it lives, since when or until when, and what the kernel says of it. */
#pragma once

#include "engine/job.h"

/* The hook of the kind `process`: writes process.txt. */
kg_step kg_process_gather;
