/* The kind `image`: built when its content has changed, found when anybody has built it before. */
#pragma once

#include "engine/target.h"

extern const struct kg_kind kg_kind_image;
