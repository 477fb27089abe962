#include "agent/simulation/job_model.h"

#include <algorithm>

namespace efa {
namespace {

using std::chrono::microseconds;

constexpr std::uint64_t large_message_bytes =
    524'288;                                         // what a work request of an all-reduce moves
constexpr std::uint64_t control_message_bytes = 64;  // one announces each of them

std::uint64_t whole(microseconds part, microseconds unit) {
  return static_cast<std::uint64_t>(part / unit);
}

// A small number that differs from device to device, always the same for one.
std::uint64_t trait(unsigned device, std::uint64_t below) { return (device * 5ULL + 3) % below; }

std::uint64_t packets(std::uint64_t bytes) {
  return bytes / JobModel::packet_bytes + (bytes % JobModel::packet_bytes == 0 ? 0 : 1);
}

void count_commands(DeviceCounters& counters, unsigned device, microseconds elapsed) {
  constexpr std::uint64_t to_set_up_the_job = 412;  // queue pairs, memory regions, address handles
  constexpr std::uint64_t per_reading = 5;
  const std::uint64_t readings = whole(elapsed, std::chrono::seconds(15));
  const std::uint64_t registrations = whole(elapsed, 16 * JobModel::step);
  counters.submitted_cmds =
      to_set_up_the_job + trait(device, 11) + per_reading * readings + registrations;
  counters.completed_cmds = counters.submitted_cmds;
  // The host was up for some minutes before the job began.
  const microseconds up =
      elapsed + std::chrono::seconds(300) + std::chrono::milliseconds(trait(device, 1'000));
  counters.keep_alive_rcvd = whole(up, std::chrono::seconds(1));
}

}  // namespace

// At full steps exactly steps * bytes, and in between never more than the next full step, so that
// no rounding can make it decrease. The products stay far below 2^64: 2^36 bytes a step, 2^20 us.
std::uint64_t JobModel::bytes_moved(unsigned device, microseconds elapsed) const {
  const std::uint64_t percent = 82 + trait(device, 7);
  const std::uint64_t bytes_in_step = shape_.bytes_per_second / 100 * percent / 1'000 *
                                      whole(all_reduce, std::chrono::milliseconds(1));
  const std::uint64_t steps = whole(elapsed, step);
  const microseconds in_step = elapsed % step;
  const microseconds in_all_reduce = std::max(in_step - (step - all_reduce), microseconds(0));
  return steps * bytes_in_step + bytes_in_step * static_cast<std::uint64_t>(in_all_reduce.count()) /
                                     static_cast<std::uint64_t>(all_reduce.count());
}

void JobModel::count_traffic(DeviceCounters& counters, std::uint64_t sent,
                             std::uint64_t received) const {
  const std::uint64_t requests_out = sent / large_message_bytes;
  const std::uint64_t requests_in = received / large_message_bytes;
  if (shape_.transport == Transport::send) {
    counters.send_bytes = sent;
    counters.send_wrs = packets(sent);
    counters.recv_bytes = received;
    counters.recv_wrs = packets(received);
  } else {
    counters.send_wrs = requests_out;
    counters.send_bytes = requests_out * control_message_bytes;
    counters.recv_wrs = requests_in;
    counters.recv_bytes = requests_in * control_message_bytes;
  }
  if (shape_.transport == Transport::rdma_write) {
    counters.rdma_write_wrs = requests_out;
    counters.rdma_write_bytes = sent;
    counters.rdma_write_recv_bytes = received;
  } else if (shape_.transport == Transport::rdma_read) {
    counters.rdma_read_wrs = requests_in;
    counters.rdma_read_bytes = received;
    counters.rdma_read_resp_bytes = sent;
  }
  const std::uint64_t large_out = counters.rdma_write_bytes + counters.rdma_read_resp_bytes;
  const std::uint64_t large_in = counters.rdma_write_recv_bytes + counters.rdma_read_bytes;
  counters.tx_bytes = counters.send_bytes + large_out;
  counters.tx_pkts = counters.send_wrs + packets(large_out);
  counters.rx_bytes = counters.recv_bytes + large_in;
  counters.rx_pkts = counters.recv_wrs + packets(large_in);
}

// In rounds: each device has its turn once in a round, in an order that jumps about.
void JobModel::count_retransmissions(DeviceCounters& counters, unsigned device,
                                     microseconds elapsed) const {
  constexpr std::uint64_t packets_each = 3;
  constexpr std::uint64_t times_to_a_timeout = 8;
  constexpr std::uint64_t stride = 19;  // a prime that divides no number of devices there is
  const std::uint64_t events = whole(elapsed, retransmission_interval);
  const std::uint64_t turn = (device * stride + 2) % shape_.devices;
  const std::uint64_t mine = events / shape_.devices + (turn < events % shape_.devices ? 1 : 0);
  counters.retrans_pkts = mine * packets_each;
  counters.retrans_bytes = counters.retrans_pkts * packet_bytes;
  counters.retrans_timeout_events = mine / times_to_a_timeout;
}

DeviceCounters JobModel::counters(unsigned device, std::chrono::nanoseconds elapsed) const {
  const auto now =
      std::chrono::duration_cast<microseconds>(std::max(elapsed, std::chrono::nanoseconds(0)));
  // What arrives has left its sender a little earlier.
  const microseconds on_the_way{200 + 10 * static_cast<std::int64_t>(trait(device, 13))};
  DeviceCounters counters;
  count_traffic(counters, bytes_moved(device, now),
                bytes_moved(device, std::max(now - on_the_way, microseconds(0))));
  count_commands(counters, device, now);
  if (shape_.counts_retransmissions) {
    count_retransmissions(counters, device, now);
  }
  return counters;
}

}  // namespace efa
