#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "collectors/base/clock.h"
#include "tests/lab/efa_device/data_path/limits.h"
#include "tests/lab/efa_device/data_path/work_request.h"

namespace efa::lab {

class Port;
struct QueuePair;

/// The network: the ports of all devices by their GID, and the reliable work requests that wait to
/// be tried again because the other end does not answer, or has no receive buffer.
///
/// Threads  none of its own: a message changes the devices at both ends, so that there is one lock
///          for all of them. Whoever calls a DataPath or this class, except for mutex(), holds it.
class Fabric {
 public:
  Fabric() = default;
  Fabric(const Fabric&) = delete;
  Fabric& operator=(const Fabric&) = delete;

  [[nodiscard]] std::mutex& mutex() { return mutex_; }

  /// Tries again what is due, and what waits for a receive buffer.
  void retry(SteadyTime now);
  /// When retry() has to be called at the latest; nothing while nothing waits.
  [[nodiscard]] std::optional<SteadyTime> next_retry() const;

  // For ports.

  /// Throws std::invalid_argument if the address is another port's.
  void attach(const Gid& gid, Port& port);
  void detach(const Gid& gid);
  /// Null if nobody has this address.
  [[nodiscard]] Port* find(const Gid& gid) const;

  /// A work request to be tried again.
  void wait(Port& from, const QueuePair& pair, const WorkRequest& request, Delay why,
            SteadyTime now);
  [[nodiscard]] std::size_t waiting(const Port& from) const;
  [[nodiscard]] std::size_t waiting(const Port& from, const QueuePair& pair) const;
  /// Forgets a queue pair's work requests, and returns them.
  std::vector<WorkRequest> take(const Port& from, const QueuePair& pair);
  /// Forgets all of a port's work requests.
  void forget(const Port& from);

 private:
  struct Waiting {
    Port* from;
    std::uint16_t pair;
    std::uint8_t rnr_retries;
    WorkRequest request;
    Delay why;
    SteadyTime until{};
    SteadyTime next{};
    SteadyTime::duration pause{};
  };

  static void begin(Waiting& waiting, Delay why, SteadyTime now);
  static bool try_again(Waiting& waiting, SteadyTime now);

  std::mutex mutex_;
  std::map<Gid, Port*> ports_;
  std::list<Waiting> waiting_;
};

}  // namespace efa::lab
