#pragma once

#include <string>

#include <infiniband/verbs.h>

#include "agent/probe/probe_log.h"

namespace efa {

/// /dev/infiniband/uverbs0
std::string node_of(const ibv_device& device);

/// Whether sysfs says that another vendor made it. False where it says nothing.
bool is_of_another_vendor(const ibv_device& device);

/// Does with a device what a job does before its first message, through libibverbs and libefa:
/// context, protection domain, memory, completion queue, SRD queue pair up to RTS, address handle.
/// All of it is destroyed again, in reverse order, whatever failed.
///
/// Errors   each step's is in the log; one that fails is the last before the tearing down
/// Cost     about ten admin commands of the device
/// Threads  as many devices at a time as there are; may hang for as long as the driver waits for
///          the device (30 s for each command)
void probe_device(ibv_device& device, ProbeLog& log);

}  // namespace efa
