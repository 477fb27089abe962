#pragma once

#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/data_path/address_handles.h"
#include "tests/lab/efa_device/data_path/completion_queues.h"
#include "tests/lab/efa_device/data_path/event_queues.h"
#include "tests/lab/efa_device/data_path/limits.h"
#include "tests/lab/efa_device/data_path/memory_regions.h"
#include "tests/lab/efa_device/data_path/numbered.h"
#include "tests/lab/efa_device/data_path/queue_pairs.h"

namespace efa::lab {

struct ProtectionDomain {};
struct UserRegion {};

/// Everything that a guest has created on a device.
struct Objects {
  explicit Objects(Bus& bus)
      : event_queues(bus), completion_queues(bus, event_queues), memory_regions(bus) {}

  void clear() {
    queue_pairs.clear();
    memory_regions.clear();
    completion_queues.clear();
    event_queues.clear();
    address_handles.clear();
    user_regions.clear();
    protection_domains.clear();
  }

  Numbered<ProtectionDomain> protection_domains{max_protection_domains};
  Numbered<UserRegion> user_regions{max_user_regions};
  AddressHandles address_handles;
  EventQueues event_queues;
  CompletionQueues completion_queues;
  MemoryRegions memory_regions;
  QueuePairs queue_pairs;
};

}  // namespace efa::lab
