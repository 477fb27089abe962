#pragma once

#include <chrono>
#include <memory>

#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/base/refresher.h"
#include "collectors/engine/reading.h"
#include "collectors/imds/instance_metadata.h"
#include "collectors/imds/metadata_reader.h"
#include "config/config.h"

namespace efa {

/// Finds out what the instance is, in the background; what cannot be found out goes to the log
/// once.
///
/// Source   see MetadataReader; the endpoint from the environment
/// Cost     a thread that sleeps until somebody asks and something is due
/// Threads  safe to call concurrently
class InstanceSource {
 public:
  /// `files` and `clock` must be there until the process ends.
  InstanceSource(const Config& config, Files& files, const Clock& clock);

  /// What is known by now, asked with the devices of `reading`; null before the first answer, for
  /// which it waits up to `patience`.
  std::shared_ptr<const InstanceMetadata> latest(const Reading& reading,
                                                 std::chrono::nanoseconds patience);

 private:
  Refresher<InstanceMetadata, MetadataReader::Question> refresher_;
};

}  // namespace efa
