#pragma once

#include "agent/exposition/exposition.h"
#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "config/config.h"

namespace efa {

/// The collectors that a configuration turns on, in the order in which they are published. A new
/// collector is a line here, and a member of Config::Collectors.
Exposition::Collectors make_collectors(const Config& config, Files& files, const Clock& clock);

}  // namespace efa
