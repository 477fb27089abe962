#pragma once

#include <memory>

#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/collector.h"
#include "collectors/known_instance.h"
#include "config/config.h"

namespace efa {

// What is read of the host by threads of their own, wired by a configuration. What cannot be read
// goes to the log once.
//
// `files` and `clock` must be there until the process ends.

/// Versions, modules, huge pages, uverbs nodes.
std::unique_ptr<Collector> make_host_facts(const Config& config, Files& files, const Clock& clock);

/// The ENA beside each EFA.
std::unique_ptr<Collector> make_ena(const Config& config, Files& files, const Clock& clock,
                                    std::shared_ptr<const KnownInstance> instance);

}  // namespace efa
