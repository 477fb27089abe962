#pragma once

#include <memory>

#include "agent/background_readers.h"
#include "collectors/base/files.h"
#include "collectors/health.h"
#include "collectors/known_instance.h"
#include "config/config.h"

namespace efa {

/// What a running agent knows without asking anybody anew, for the checks that are published.
/// Of the host it reads only which EFAs are on the PCI bus, which may come late.
///
/// `files` must be there until the process ends.
Health::Look make_health_look(const Config& config, Files& files,
                              std::shared_ptr<const KnownInstance> instance,
                              BackgroundReaders readers);

}  // namespace efa
