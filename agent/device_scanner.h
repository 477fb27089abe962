#pragma once

#include <cstdint>
#include <memory>

#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/engine/device_reader.h"
#include "config/config.h"

namespace efa {

/// What finds and reads the devices of the host, wired by a configuration. `descriptors`: how many
/// this process may have open.
///
/// `files` and `clock` must outlive it and its readers.
std::unique_ptr<DeviceScanner> make_device_scanner(const Config& config, Files& files,
                                                   const Clock& clock, std::uint64_t descriptors);

}  // namespace efa
