#include "targets/command/command.h"
#include "targets/file/file.h"
#include "tests/unit/run/bench.h"

const struct kg_kind *const bench_kinds_real[] = { &bench_kind_step, &bench_kind_surveyed, &kg_kind_file, &kg_kind_command, NULL };
