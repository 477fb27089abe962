#include "agent/simulation/job_model.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include "collectors/catalogue/hw_counters.h"
#include "tests/support/catch.h"

namespace efa {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr hours year{24 * 365};
constexpr JobShape writes{.devices = 32,
                          .bytes_per_second = 12'500'000'000,
                          .transport = Transport::rdma_write,
                          .counts_retransmissions = true};

JobShape shape_of(Transport transport) {
  JobShape shape = writes;
  shape.transport = transport;
  return shape;
}

// The name of a counter that is less in `after` than in `before`; empty if there is none.
std::string_view decreased(const DeviceCounters& before, const DeviceCounters& after) {
  const auto* const found =
      std::find_if(std::begin(counter_files), std::end(counter_files),
                   [&](const CounterFile& file) { return after.*file.value < before.*file.value; });
  return found == std::end(counter_files) ? std::string_view() : found->name;
}

TEST_CASE("a simulated device has every counter of a current driver, where the driver has it") {
  std::set<std::string_view> names;
  for (const CounterFile& file : counter_files) {
    const MetricSpec* const spec = find_hw_counter(file.name);
    INFO(file.name);
    REQUIRE(spec != nullptr);
    CHECK(file.of_port == (spec->scope == Scope::port));
    names.insert(file.name);
  }
  CHECK(names.size() == 22 + 12);
}

TEST_CASE("each counter's file shows a value of its own") {
  for (const CounterFile& file : counter_files) {
    DeviceCounters counters;
    counters.*file.value = 1;
    CHECK(std::count_if(std::begin(counter_files), std::end(counter_files),
                        [&](const CounterFile& other) { return counters.*other.value == 1; }) == 1);
  }
}

TEST_CASE("no simulated counter ever decreases, from one moment to the next or from year to year") {
  for (const Transport transport : {Transport::send, Transport::rdma_read, Transport::rdma_write}) {
    const JobModel model(shape_of(transport));
    for (const nanoseconds start :
         {nanoseconds(0), nanoseconds(hours(1)), nanoseconds(10 * year)}) {
      for (const nanoseconds pace : {nanoseconds(777), nanoseconds(333'333),
                                     nanoseconds(377'000'001), nanoseconds(year / 700)}) {
        DeviceCounters before = model.counters(3, start);
        std::string_view wrong;
        for (int i = 1; i <= 5'000 && wrong.empty(); ++i) {
          const DeviceCounters after = model.counters(3, start + i * pace);
          wrong = decreased(before, after);
          before = after;
        }
        INFO("from " << start.count() << " by " << pace.count());
        CHECK(wrong.empty());
      }
    }
  }
}

TEST_CASE("each step of the job moves exactly as many bytes as any other, for twenty years") {
  const JobModel model(writes);
  const nanoseconds step = JobModel::step;
  const auto of_step = [&](std::int64_t number) {
    return model.counters(5, (number + 1) * step).rdma_write_bytes -
           model.counters(5, number * step).rdma_write_bytes;
  };
  const std::uint64_t first = of_step(0);
  CHECK(first > 0);
  const std::int64_t steps = 20 * year / step;
  CHECK(of_step(1'000) == first);
  CHECK(of_step(steps) == first);
  CHECK(model.counters(5, steps * step).rdma_write_bytes ==
        static_cast<std::uint64_t>(steps) * first);
}

TEST_CASE("a device is silent while the job computes and near its line rate in an all-reduce") {
  const JobModel model(writes);
  const nanoseconds begin = 1'000 * nanoseconds(JobModel::step) + milliseconds(10);
  const DeviceCounters computing = model.counters(0, begin);
  CHECK(model.counters(0, begin + milliseconds(500)).tx_bytes == computing.tx_bytes);
  CHECK(model.counters(0, begin + milliseconds(500)).rx_bytes == computing.rx_bytes);
  const nanoseconds all_reduce = 1'001 * nanoseconds(JobModel::step) - milliseconds(300);
  for (unsigned device = 0; device < writes.devices; ++device) {
    const DeviceCounters early = model.counters(device, all_reduce);
    const DeviceCounters late = model.counters(device, all_reduce + milliseconds(200));
    const double line = static_cast<double>(writes.bytes_per_second) * 0.2;
    CHECK(static_cast<double>(late.tx_bytes - early.tx_bytes) / line > 0.80);
    CHECK(static_cast<double>(late.tx_bytes - early.tx_bytes) / line < 0.90);
    CHECK(static_cast<double>(late.rx_bytes - early.rx_bytes) / line > 0.80);
    CHECK(static_cast<double>(late.rx_bytes - early.rx_bytes) / line < 0.90);
  }
}

TEST_CASE("what a port transmits and receives is the sum of what its operations move") {
  for (const Transport transport : {Transport::send, Transport::rdma_read, Transport::rdma_write}) {
    const DeviceCounters now =
        JobModel(shape_of(transport)).counters(9, hours(7) + milliseconds(613));
    CHECK(now.tx_bytes == now.send_bytes + now.rdma_write_bytes + now.rdma_read_resp_bytes);
    CHECK(now.rx_bytes == now.recv_bytes + now.rdma_write_recv_bytes + now.rdma_read_bytes);
    CHECK(now.tx_pkts * JobModel::packet_bytes >= now.tx_bytes);
    CHECK(now.rx_pkts * JobModel::packet_bytes >= now.rx_bytes);
    CHECK(now.send_wrs > 0);
    CHECK(now.recv_wrs > 0);
  }
}

TEST_CASE("devices that can write move most by writing, and read nothing") {
  const DeviceCounters now = JobModel(shape_of(Transport::rdma_write)).counters(0, hours(1));
  CHECK(now.rdma_write_wrs > 0);
  CHECK(now.rdma_write_bytes > now.tx_bytes / 100 * 99);
  CHECK(now.rdma_write_recv_bytes > now.rx_bytes / 100 * 99);
  CHECK(now.rdma_read_wrs + now.rdma_read_bytes + now.rdma_read_resp_bytes == 0);
}

TEST_CASE("devices that can only read move most by reading, and write nothing") {
  const DeviceCounters now = JobModel(shape_of(Transport::rdma_read)).counters(0, hours(1));
  CHECK(now.rdma_read_wrs > 0);
  CHECK(now.rdma_read_bytes > now.rx_bytes / 100 * 99);
  CHECK(now.rdma_read_resp_bytes > now.tx_bytes / 100 * 99);
  CHECK(now.rdma_write_wrs + now.rdma_write_bytes + now.rdma_write_recv_bytes == 0);
}

TEST_CASE("devices without RDMA send everything") {
  const DeviceCounters now = JobModel(shape_of(Transport::send)).counters(0, hours(1));
  CHECK(now.send_bytes == now.tx_bytes);
  CHECK(now.recv_bytes == now.rx_bytes);
  CHECK(now.tx_pkts == now.send_wrs);
  CHECK(now.rdma_write_bytes + now.rdma_read_bytes + now.rdma_write_wrs + now.rdma_read_wrs == 0);
}

TEST_CASE("a retransmission is rare, on one device at a time, and on each in its turn") {
  const JobModel model(writes);
  std::vector<unsigned> turns;
  constexpr int rounds = 2;
  for (int event = 1; event <= rounds * static_cast<int>(writes.devices); ++event) {
    const nanoseconds at = event * nanoseconds(JobModel::retransmission_interval);
    for (unsigned device = 0; device < writes.devices; ++device) {
      const auto before = model.counters(device, at - milliseconds(1)).retrans_pkts;
      if (model.counters(device, at).retrans_pkts > before) {
        turns.push_back(device);
      }
    }
    REQUIRE(turns.size() == static_cast<std::size_t>(event));
  }
  CHECK(std::adjacent_find(turns.begin(), turns.end()) == turns.end());
  CHECK(std::set<unsigned>(turns.begin(), turns.end()).size() == writes.devices);
}

TEST_CASE("a time-out is much rarer than a retransmission") {
  const DeviceCounters now = JobModel(writes).counters(0, hours(24));
  CHECK(now.retrans_timeout_events > 0);
  CHECK(now.retrans_timeout_events * 10 < now.retrans_pkts);
  CHECK(now.retrans_bytes == now.retrans_pkts * JobModel::packet_bytes);
}

TEST_CASE("devices before Nitro v4 count no retransmissions") {
  JobShape shape = writes;
  shape.counts_retransmissions = false;
  const DeviceCounters now = JobModel(shape).counters(0, year);
  CHECK(now.retrans_bytes + now.retrans_pkts + now.retrans_timeout_events +
            now.unresponsive_remote_events + now.impaired_remote_conn_events ==
        0);
  CHECK(now.tx_bytes > 0);
}

TEST_CASE("admin commands grow and all complete, and a keep-alive comes once a second") {
  const JobModel model(writes);
  const DeviceCounters before = model.counters(0, hours(1));
  const DeviceCounters after = model.counters(0, hours(1) + seconds(60));
  CHECK(after.submitted_cmds > before.submitted_cmds);
  CHECK(after.completed_cmds == after.submitted_cmds);
  CHECK(after.keep_alive_rcvd - before.keep_alive_rcvd == 60);
}

TEST_CASE("a simulated job has no errors") {
  const DeviceCounters now = JobModel(writes).counters(0, year);
  CHECK(now.rx_drops + now.rdma_read_wr_err + now.rdma_write_wr_err +
            now.unresponsive_remote_events + now.impaired_remote_conn_events ==
        0);
  CHECK(now.cmds_err + now.no_completion_cmds + now.alloc_pd_err + now.create_qp_err +
            now.create_cq_err + now.reg_mr_err + now.alloc_ucontext_err + now.create_ah_err +
            now.mmap_err ==
        0);
}

TEST_CASE("devices differ a little from each other") {
  const JobModel model(writes);
  const DeviceCounters first = model.counters(0, hours(1));
  const DeviceCounters second = model.counters(1, hours(1));
  CHECK(first.tx_bytes != second.tx_bytes);
  const double ratio = static_cast<double>(first.tx_bytes) / static_cast<double>(second.tx_bytes);
  CHECK(ratio > 0.9);
  CHECK(ratio < 1.1);
}

TEST_CASE("a job that has not begun has moved nothing") {
  const JobModel model(writes);
  CHECK(model.counters(0, nanoseconds(0)).tx_bytes == 0);
  CHECK(model.counters(0, nanoseconds(0)).rx_bytes == 0);
  CHECK(model.counters(0, nanoseconds(-1)) == model.counters(0, nanoseconds(0)));
}

}  // namespace
}  // namespace efa
