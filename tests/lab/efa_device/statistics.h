#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/base/clock.h"
#include "tests/lab/efa_device/admin.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// What a device counts, named as the driver names its files.
enum class Counter : std::uint8_t {
  tx_bytes,
  tx_pkts,
  rx_bytes,
  rx_pkts,
  rx_drops,
  send_bytes,
  send_wrs,
  recv_bytes,
  recv_wrs,
  rdma_read_wrs,
  rdma_read_bytes,
  rdma_read_wr_err,
  rdma_read_resp_bytes,
  rdma_write_wrs,
  rdma_write_bytes,
  rdma_write_wr_err,
  rdma_write_recv_bytes,
  retrans_bytes,
  retrans_pkts,
  retrans_timeout_events,
  unresponsive_remote_events,
  impaired_remote_conn_events,
};
constexpr std::size_t counter_count = 22;

[[nodiscard]] std::string_view name_of(Counter counter);
[[nodiscard]] std::optional<Counter> counter_named(std::string_view name);

/// The counters of one device: moved by its traffic, or set and made to grow from outside. They
/// outlive a reset of the device, and wrap at 2^64 like the hardware's.
///
/// Threads  none of its own; callers hold the fabric's lock
class Statistics {
 public:
  explicit Statistics(const Clock& clock);

  void add(Counter counter, std::uint64_t amount);
  void set(Counter counter, std::uint64_t value);
  /// From now on the counter grows by itself, beside what traffic adds.
  void grow(Counter counter, double per_second);
  [[nodiscard]] std::uint64_t value(Counter counter) const;

  /// The answer to GET_STATS of a type: its counters in order. unsupported_opcode for a type that
  /// the interface does not have.
  [[nodiscard]] AdminStatus answer(std::uint8_t type, MutableBytes response) const;

 private:
  struct Value {
    std::uint64_t base = 0;
    double per_second = 0;
    SteadyTime since;
  };

  const Clock& clock_;
  std::array<Value, counter_count> values_;
};

}  // namespace efa::lab
