#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "collectors/base/clock.h"
#include "tests/lab/efa_device/admin.h"
#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/data_path/fabric.h"
#include "tests/lab/efa_device/data_path/limits.h"
#include "tests/lab/efa_device/data_path/llq_memory.h"
#include "tests/lab/efa_device/data_path/objects.h"
#include "tests/lab/efa_device/data_path/port.h"
#include "tests/lab/efa_device/faults.h"
#include "tests/lab/efa_device/profile.h"
#include "tests/lab/efa_device/statistics.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// What of a device moves data: its queue pairs, completion and event queues, memory regions and
/// address handles, and its port on the fabric. It trusts nothing that the guest says.
///
/// Errors   the constructor throws (no memory, or a GID that is taken). What a guest does wrong is
///          answered by a status, of the command or of the work request, or passed over
/// Cost     work is done within the doorbell write: a write's cost is that of the bytes it moves
/// Threads  none of its own. Callers hold fabric.mutex(), as what one device does changes others;
///          constructor and destructor, too, unless no other thread knows the fabric
class DataPath {
 public:
  /// It does the RDMA that the profile allows. Bus, statistics, faults, fabric and clock outlive
  /// it.
  DataPath(const Profile& profile, Bus& bus, Statistics& statistics, const NetworkFaults& faults,
           Fabric& fabric, const Gid& gid, const Clock& clock);

  /// Drops every object, as a reset of the device does.
  void reset();
  /// An admin command about an object of the data path: what follows the common descriptor, and
  /// where what follows the common part of the completion goes (56 bytes, zeroed).
  /// unsupported_opcode for every command that is about something else.
  [[nodiscard]] AdminStatus execute(AdminOp op, std::uint8_t flags, Bytes request,
                                    MutableBytes response);
  /// A write to the doorbell BAR.
  void doorbell(std::uint64_t offset, std::uint32_t value);
  /// A write to register EQ_DB.
  void event_queue_doorbell(std::uint32_t value);
  /// The memory of the LLQ BAR, to be shared with the guest; owned by the data path.
  [[nodiscard]] int llq_descriptor() const { return llq_.descriptor(); }
  /// A write to the LLQ BAR by a client that did not map it.
  void write_llq(std::uint64_t offset, Bytes data) { llq_.write(offset, data); }
  /// For people: a line for each queue pair, and how many there are of everything else.
  [[nodiscard]] std::string describe() const;

 private:
  AdminStatus create(AdminOp op, std::uint8_t flags, Bytes request, MutableBytes response);
  AdminStatus create_queue_pair(Bytes request, MutableBytes response);
  AdminStatus modify_queue_pair(Bytes request);
  AdminStatus query_queue_pair(Bytes request, MutableBytes response);
  AdminStatus destroy_queue_pair(Bytes request);
  [[nodiscard]] bool has_domain(Bytes request, std::size_t offset) const;

  Fabric& fabric_;
  const Clock& clock_;
  LlqMemory llq_;
  Objects objects_;
  Port port_;
};

}  // namespace efa::lab
