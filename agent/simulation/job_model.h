#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace efa {

/// The counters of a current driver, named as their files are.
struct DeviceCounters {
  // of the port
  std::uint64_t tx_bytes = 0;
  std::uint64_t tx_pkts = 0;
  std::uint64_t rx_bytes = 0;
  std::uint64_t rx_pkts = 0;
  std::uint64_t rx_drops = 0;
  std::uint64_t send_bytes = 0;
  std::uint64_t send_wrs = 0;
  std::uint64_t recv_bytes = 0;
  std::uint64_t recv_wrs = 0;
  std::uint64_t rdma_read_wrs = 0;
  std::uint64_t rdma_read_bytes = 0;
  std::uint64_t rdma_read_wr_err = 0;
  std::uint64_t rdma_read_resp_bytes = 0;
  std::uint64_t rdma_write_wrs = 0;
  std::uint64_t rdma_write_bytes = 0;
  std::uint64_t rdma_write_wr_err = 0;
  std::uint64_t rdma_write_recv_bytes = 0;
  std::uint64_t retrans_bytes = 0;
  std::uint64_t retrans_pkts = 0;
  std::uint64_t retrans_timeout_events = 0;
  std::uint64_t unresponsive_remote_events = 0;
  std::uint64_t impaired_remote_conn_events = 0;
  // of the device
  std::uint64_t submitted_cmds = 0;
  std::uint64_t completed_cmds = 0;
  std::uint64_t cmds_err = 0;
  std::uint64_t no_completion_cmds = 0;
  std::uint64_t keep_alive_rcvd = 0;
  std::uint64_t alloc_pd_err = 0;
  std::uint64_t create_qp_err = 0;
  std::uint64_t create_cq_err = 0;
  std::uint64_t reg_mr_err = 0;
  std::uint64_t alloc_ucontext_err = 0;
  std::uint64_t create_ah_err = 0;
  std::uint64_t mmap_err = 0;

  bool operator==(const DeviceCounters&) const = default;
};

struct CounterFile {
  std::string_view name;
  bool of_port;
  std::uint64_t DeviceCounters::*value;
};

inline constexpr CounterFile counter_files[] = {
    {"tx_bytes", true, &DeviceCounters::tx_bytes},
    {"tx_pkts", true, &DeviceCounters::tx_pkts},
    {"rx_bytes", true, &DeviceCounters::rx_bytes},
    {"rx_pkts", true, &DeviceCounters::rx_pkts},
    {"rx_drops", true, &DeviceCounters::rx_drops},
    {"send_bytes", true, &DeviceCounters::send_bytes},
    {"send_wrs", true, &DeviceCounters::send_wrs},
    {"recv_bytes", true, &DeviceCounters::recv_bytes},
    {"recv_wrs", true, &DeviceCounters::recv_wrs},
    {"rdma_read_wrs", true, &DeviceCounters::rdma_read_wrs},
    {"rdma_read_bytes", true, &DeviceCounters::rdma_read_bytes},
    {"rdma_read_wr_err", true, &DeviceCounters::rdma_read_wr_err},
    {"rdma_read_resp_bytes", true, &DeviceCounters::rdma_read_resp_bytes},
    {"rdma_write_wrs", true, &DeviceCounters::rdma_write_wrs},
    {"rdma_write_bytes", true, &DeviceCounters::rdma_write_bytes},
    {"rdma_write_wr_err", true, &DeviceCounters::rdma_write_wr_err},
    {"rdma_write_recv_bytes", true, &DeviceCounters::rdma_write_recv_bytes},
    {"retrans_bytes", true, &DeviceCounters::retrans_bytes},
    {"retrans_pkts", true, &DeviceCounters::retrans_pkts},
    {"retrans_timeout_events", true, &DeviceCounters::retrans_timeout_events},
    {"unresponsive_remote_events", true, &DeviceCounters::unresponsive_remote_events},
    {"impaired_remote_conn_events", true, &DeviceCounters::impaired_remote_conn_events},
    {"submitted_cmds", false, &DeviceCounters::submitted_cmds},
    {"completed_cmds", false, &DeviceCounters::completed_cmds},
    {"cmds_err", false, &DeviceCounters::cmds_err},
    {"no_completion_cmds", false, &DeviceCounters::no_completion_cmds},
    {"keep_alive_rcvd", false, &DeviceCounters::keep_alive_rcvd},
    {"alloc_pd_err", false, &DeviceCounters::alloc_pd_err},
    {"create_qp_err", false, &DeviceCounters::create_qp_err},
    {"create_cq_err", false, &DeviceCounters::create_cq_err},
    {"reg_mr_err", false, &DeviceCounters::reg_mr_err},
    {"alloc_ucontext_err", false, &DeviceCounters::alloc_ucontext_err},
    {"create_ah_err", false, &DeviceCounters::create_ah_err},
    {"mmap_err", false, &DeviceCounters::mmap_err},
};

/// How a job moves its data: what the devices can do best.
enum class Transport : std::uint8_t { send, rdma_read, rdma_write };

struct JobShape {
  unsigned devices = 1;
  std::uint64_t bytes_per_second = 0;  // line rate of one device, in one direction
  Transport transport = Transport::send;
  bool counts_retransmissions = true;  // Nitro v4 and later; before, these counters stay 0
};

/// What the counters of a training job's devices show after a time: steps of compute and then an
/// all-reduce at 80 to 90 % of the line rate in both directions, a few admin commands, and about
/// once in a minute and a half a retransmission, on another device each time.
///
/// A function of elapsed time alone, in whole numbers: nothing is summed up, so nothing drifts, and
/// no counter ever decreases (a device of 400 Gb/s takes 25 years to 2^64 bytes).
///
/// Threads  safe to call concurrently
class JobModel {
 public:
  explicit JobModel(const JobShape& shape) : shape_(shape) {}

  /// The counters of the device of that number (from 0) when the job has run for `elapsed`.
  [[nodiscard]] DeviceCounters counters(unsigned device, std::chrono::nanoseconds elapsed) const;

  static constexpr std::chrono::microseconds step{1'240'000};
  static constexpr std::chrono::microseconds all_reduce{700'000};  // the last part of a step
  static constexpr std::chrono::seconds retransmission_interval{97};
  static constexpr std::uint64_t packet_bytes = 8'928;  // payload

 private:
  [[nodiscard]] std::uint64_t bytes_moved(unsigned device, std::chrono::microseconds elapsed) const;
  void count_traffic(DeviceCounters& counters, std::uint64_t sent, std::uint64_t received) const;
  void count_retransmissions(DeviceCounters& counters, unsigned device,
                             std::chrono::microseconds elapsed) const;

  JobShape shape_;
};

}  // namespace efa
