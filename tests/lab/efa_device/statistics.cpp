#include "tests/lab/efa_device/statistics.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>

namespace efa::lab {
namespace {

constexpr std::array<std::string_view, counter_count> names = {
    "tx_bytes",
    "tx_pkts",
    "rx_bytes",
    "rx_pkts",
    "rx_drops",
    "send_bytes",
    "send_wrs",
    "recv_bytes",
    "recv_wrs",
    "rdma_read_wrs",
    "rdma_read_bytes",
    "rdma_read_wr_err",
    "rdma_read_resp_bytes",
    "rdma_write_wrs",
    "rdma_write_bytes",
    "rdma_write_wr_err",
    "rdma_write_recv_bytes",
    "retrans_bytes",
    "retrans_pkts",
    "retrans_timeout_events",
    "unresponsive_remote_events",
    "impaired_remote_conn_events",
};

/// The counters of a type of GET_STATS follow each other.
struct Group {
  Counter first;
  std::size_t count;
};
constexpr std::array groups = {
    Group{Counter::tx_bytes, 5},        // basic
    Group{Counter::send_bytes, 4},      // messages
    Group{Counter::rdma_read_wrs, 4},   // RDMA read
    Group{Counter::rdma_write_wrs, 4},  // RDMA write
    Group{Counter::retrans_bytes, 5},   // network
};

constexpr std::size_t index_of(Counter counter) { return static_cast<std::size_t>(counter); }

/// The whole part of `amount` modulo 2^64; 0 for what is no amount.
std::uint64_t wrapped(double amount) {
  constexpr double two_to_64 = 0x1p64;
  return amount > 0 && std::isfinite(amount)
             ? static_cast<std::uint64_t>(std::fmod(amount, two_to_64))
             : 0;
}

}  // namespace

std::string_view name_of(Counter counter) { return names[index_of(counter)]; }

std::optional<Counter> counter_named(std::string_view name) {
  const auto* const found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return std::nullopt;
  }
  return static_cast<Counter>(std::distance(names.begin(), found));
}

Statistics::Statistics(const Clock& clock) : clock_(clock) {}

void Statistics::add(Counter counter, std::uint64_t amount) {
  values_[index_of(counter)].base += amount;
}

void Statistics::set(Counter counter, std::uint64_t value) {
  Value& held = values_[index_of(counter)];
  held.base = value;
  held.since = clock_.now();
}

void Statistics::grow(Counter counter, double per_second) {
  set(counter, value(counter));
  values_[index_of(counter)].per_second = per_second;
}

std::uint64_t Statistics::value(Counter counter) const {
  const Value& held = values_[index_of(counter)];
  if (held.per_second == 0) {
    return held.base;
  }
  const std::chrono::duration<double> grown_for = clock_.now() - held.since;
  return held.base + wrapped(held.per_second * grown_for.count());
}

AdminStatus Statistics::answer(std::uint8_t type, MutableBytes response) const {
  if (type >= groups.size()) {
    return AdminStatus::unsupported_opcode;
  }
  const Group& group = groups[type];
  for (std::size_t i = 0; i < group.count; ++i) {
    const auto counter = static_cast<Counter>(index_of(group.first) + i);
    store(response, i * sizeof(std::uint64_t), value(counter));
  }
  return AdminStatus::success;
}

}  // namespace efa::lab
