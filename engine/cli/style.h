#pragma once

#include "engine/base/style.h"
