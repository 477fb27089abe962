#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "collectors/base/clock.h"
#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/data_path/fabric.h"
#include "tests/lab/efa_device/data_path/limits.h"
#include "tests/lab/efa_device/data_path/objects.h"
#include "tests/lab/efa_device/data_path/packet_counts.h"
#include "tests/lab/efa_device/data_path/pieces.h"
#include "tests/lab/efa_device/data_path/work_request.h"
#include "tests/lab/efa_device/faults.h"
#include "tests/lab/efa_device/profile.h"
#include "tests/lab/efa_device/statistics.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// Whether a work request is tried for the first time, which is when it is counted.
enum class Try : std::uint8_t { first, again };

/// A device's end of the fabric: executes work requests, here and in the memory of the port at the
/// other end, and completes them.
///
/// Everything happens within the call that causes it: after it, what could complete has completed.
/// What could not is the fabric's to try again.
///
/// Threads  none of its own; callers hold the fabric's lock
class Port {
 public:
  Port(const Profile& profile, Bus& bus, Objects& objects, Statistics& statistics,
       const NetworkFaults& faults, Fabric& fabric, const Gid& gid);
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  ~Port();

  // For the device.

  /// Executes what was posted to a send queue, which lies in `ring`.
  void run_send_queue(QueuePair& pair, Bytes ring, SteadyTime now);
  /// Ends what a queue pair has begun, as its new state wants it.
  void enter_state(QueuePair& pair);
  /// Gives the posted receive buffers back.
  void flush_receives(QueuePair& pair);

  // For the fabric.

  [[nodiscard]] Attempt attempt(std::uint16_t pair, const WorkRequest& request, Try which);
  void complete(std::uint16_t pair, const WorkRequest& request, CompletionStatus status);
  void count_timeout(const WorkRequest& request);

 private:
  /// What a work request moves, on the side that sent it.
  struct Payload {
    std::array<std::uint8_t, max_wide_inline> inline_data{};
    Pieces pieces;  // may lie in inline_data
    std::uint64_t size = 0;
  };

  /// What reaches the other end.
  struct Message {
    const Gid& source;
    const QueuePair& pair;  // of the source
    const WorkRequest& request;
    const Pieces& data;
    std::uint64_t size;
  };

  /// A receive work request.
  struct Receive {
    CompletionStatus status = CompletionStatus::ok;  // whether its buffers can be written
    std::uint16_t id = 0;
    std::uint16_t descriptors = 0;
    Pieces pieces;
    std::uint64_t room = 0;
  };

  /// The port at the other end, or why it is not reached.
  struct Route {
    Port* peer;
    Attempt failure;
  };

  /// Whether it is work that this device does.
  [[nodiscard]] bool supports(const QueuePair& pair, const WorkRequest& request) const;
  [[nodiscard]] Route route_to(const Gid& gid) const;
  [[nodiscard]] static Pieces take_inline(const WorkRequest& request, Payload& payload);

  // send.cpp
  Attempt send(const QueuePair& pair, const WorkRequest& request, Try which);
  CompletionStatus gather_send(const QueuePair& pair, const WorkRequest& request,
                               Payload& payload) const;

  // rdma.cpp
  Attempt rdma(const QueuePair& pair, const WorkRequest& request, Try which);
  CompletionStatus gather_rdma(const QueuePair& pair, const WorkRequest& request,
                               Payload& payload) const;
  Attempt answer_rdma(const Message& message, Port& source);

  // receive.cpp
  [[nodiscard]] QueuePair* target_of(const Message& message);
  [[nodiscard]] std::optional<Receive> next_receive(const QueuePair& pair) const;
  void add_descriptor(const QueuePair& pair, const ReceiveDescriptor& descriptor,
                      Receive& receive) const;
  Attempt receive(const Message& message);
  Attempt refuse(const Message& message, Attempt why);
  void deliver(const Message& message, const Receive& receive);
  [[nodiscard]] CompletionEntry received(const Message& message, const QueuePair& pair,
                                         const Receive& receive) const;

  const Profile profile_;
  Bus& bus_;
  Objects& objects_;
  Statistics& statistics_;
  const NetworkFaults& faults_;
  Fabric& fabric_;
  const Gid gid_;
  PacketCounts packets_;
};

}  // namespace efa::lab
