/* The kind `file`. */
#pragma once

#include "engine/target.h"

extern const struct kg_kind kg_kind_file;
