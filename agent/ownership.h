#pragma once

#include <memory>

#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/owners.h"
#include "config/config.h"

namespace efa {

/// What finds out who holds objects of the devices, wired by a configuration. What cannot be found
/// out goes to the log once.
///
/// `files` and `clock` must be there until the process ends.
std::unique_ptr<OwnershipRefresher> make_ownership(const Config& config, Files& files,
                                                   const Clock& clock);

}  // namespace efa
