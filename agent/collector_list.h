#pragma once

#include <memory>

#include "agent/background_readers.h"
#include "agent/exposition/exposition.h"
#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/health.h"
#include "collectors/known_instance.h"
#include "collectors/netlink/device_watch.h"
#include "config/config.h"

namespace efa {

/// What outlives a change of the configuration.
struct LastingState {
  std::shared_ptr<const KnownInstance> instance;
  std::shared_ptr<DeviceWatch> watch;  // null where nobody watches for events
  BackgroundReaders readers = {};      // made from the configuration that the collectors are for
  std::shared_ptr<Health::History> health = std::make_shared<Health::History>();
};

/// The collectors that a configuration turns on, in the order in which they are published. A new
/// collector is a line here, and a member of Config::Collectors.
Exposition::Collectors make_collectors(const Config& config, Files& files, const Clock& clock,
                                       const LastingState& lasting);

}  // namespace efa
