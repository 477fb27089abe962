#pragma once

#include <memory>

#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/netlink/device_watch.h"
#include "config/config.h"

namespace efa {

/// What notices devices that come, go and are renamed, wired by a configuration; each event goes to
/// the log.
///
/// `files` and `clock` must outlive it.
std::shared_ptr<DeviceWatch> make_device_watch(const Config& config, Files& files,
                                               const Clock& clock);

}  // namespace efa
