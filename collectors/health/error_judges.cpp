#include "collectors/health/error_judges.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/health/judging.h"

namespace efa {
namespace {

// Counters whose growth is not as it should be.
struct Errors {
  std::span<const std::string_view> counters;
  std::string_view words;
  std::string_view fix;
  bool is_of_network;      // always 0 before Nitro v4
  bool may_be_of_program;  // a program's mistakes count, too: some are no fault, many a hint
};

constexpr std::string_view drops_counters[] = {"rx_drops"};
constexpr std::string_view failed_requests_counters[] = {"rdma_read_wr_err", "rdma_write_wr_err"};
constexpr std::string_view path_changes_counters[] = {"retrans_timeout_events"};
constexpr std::string_view unresponsive_counters[] = {"unresponsive_remote_events"};
constexpr std::string_view impaired_counters[] = {"impaired_remote_conn_events"};
constexpr std::string_view failed_commands_counters[] = {"cmds_err"};
constexpr std::string_view failed_verbs_counters[] = {
    "alloc_pd_err",  "create_qp_err", "create_cq_err", "reg_mr_err",    "alloc_ucontext_err",
    "create_ah_err", "mmap_err",      "alloc_mr_err",  "get_dma_mr_err"};

constexpr Errors drops{
    drops_counters, "packets dropped (rx_drops)",
    "let receivers keep up: more posted receives (a larger FI_EFA_RX_SIZE), no CPU taken from the "
    "job's progress threads; compare hosts: rate(efa_rx_drops_total[5m])",
    false, false};
constexpr Errors failed_requests{
    failed_requests_counters, "failed RDMA requests (rdma_read_wr_err, rdma_write_wr_err)",
    "start the job with FI_LOG_LEVEL=warn, which tells the error of each request; a peer that "
    "died or freed its memory is the usual cause, so look for the host that failed first",
    false, false};
constexpr Errors path_changes{
    path_changes_counters, "time-outs that changed the path (retrans_timeout_events)",
    "compare hosts: topk(5, rate(efa_retrans_timeout_events_total[5m])); one host far above the "
    "others is taken out of the job and stopped and started",
    true, false};
constexpr Errors unresponsive_peers{
    unresponsive_counters, "unresponsive peers (unresponsive_remote_events)",
    "look for a peer that died, then at the security group of all hosts: see EFA-101", true, false};
constexpr Errors impaired_connections{
    impaired_counters, "impaired connections (impaired_remote_conn_events)",
    "compare hosts: topk(5, rate(efa_impaired_remote_conn_events_total[5m])); the peer that all "
    "have in common is taken out of the job and stopped and started",
    true, false};
constexpr Errors failed_commands{
    failed_commands_counters, "failed admin commands (cmds_err)",
    "sudo dmesg | grep -i 'efa.*failed' tells which commands the device refused; if none, a "
    "program asks for more than there is",
    false, true};
constexpr Errors failed_verbs{
    failed_verbs_counters, "failed set-up of queue pairs, memory regions and the like (*_err)",
    "grep -H . /sys/class/infiniband/*/hw_counters/*_err tells which; reg_mr_err: ulimit -l of "
    "the job must be unlimited; create_qp_err: jobs that ended badly may still hold them: "
    "efa-agent top",
    false, true};

Finding judge_errors(const HealthView& view, const Errors& kind) {
  if (auto nothing = without_devices(view)) {
    return *nothing;
  }
  const Tally tally = tally_of(view, kind.counters);
  const std::string words(kind.words);
  if (tally.entries.empty()) {
    if (kind.is_of_network && lacks_network_counters(view)) {
      return unknown("EFAs of " + view.instance.instance_type + " do not count " + words);
    }
    return nothing_found(view, tally.known, "no " + words + " " + period_of(view));
  }
  const std::string found = words + " " + period_of(view) + ": " + joined(tally.entries);
  const bool many = is_many(view, tally.largest());
  if (many && view.before && !kind.may_be_of_program) {
    return fail(found, std::string(kind.fix));
  }
  if (many || (view.before && !kind.may_be_of_program)) {
    return warn(found, std::string(kind.fix));
  }
  return nothing_found(view, tally.known, "few " + found + ", and no more");
}

constexpr std::uint64_t few_retransmissions = 1000;  // as EKS has it
constexpr double much_retransmitted = 0.01;
constexpr double too_much_retransmitted = 0.05;

struct Retransmission {
  const DeviceReading* device = nullptr;
  std::uint64_t packets = 0;
  std::uint64_t of = 0;

  [[nodiscard]] double ratio() const {
    return of == 0 ? 1.0 : static_cast<double>(packets) / static_cast<double>(of);
  }
};

std::string told(const std::vector<Retransmission>& found) {
  std::vector<std::string> texts;
  for (const Retransmission& one : found) {
    const auto tenths = static_cast<std::uint64_t>(one.ratio() * 1000);
    texts.push_back(one.device->layout->attributes.name + " " + std::to_string(tenths / 10) + "." +
                    std::to_string(tenths % 10) + " % (" + grouped(one.packets) + " of " +
                    grouped(one.of) + ")");
  }
  return joined(texts);
}

}  // namespace

Finding judge_drops(const HealthView& view) { return judge_errors(view, drops); }
Finding judge_failed_requests(const HealthView& view) {
  return judge_errors(view, failed_requests);
}
Finding judge_path_changes(const HealthView& view) { return judge_errors(view, path_changes); }
Finding judge_unresponsive_peers(const HealthView& view) {
  return judge_errors(view, unresponsive_peers);
}
Finding judge_impaired_connections(const HealthView& view) {
  return judge_errors(view, impaired_connections);
}
Finding judge_failed_commands(const HealthView& view) {
  return judge_errors(view, failed_commands);
}
Finding judge_failed_verbs(const HealthView& view) { return judge_errors(view, failed_verbs); }

Finding judge_retransmission(const HealthView& view) {
  if (auto nothing = without_devices(view)) {
    return *nothing;
  }
  std::vector<Retransmission> found;
  std::size_t known = 0;
  bool any = false;
  for (const DeviceReading& device : view.now->devices) {
    const auto packets = amount_of(view, device, "retrans_pkts");
    const auto of = amount_of(view, device, "tx_pkts");
    if (!packets || !of) {
      continue;
    }
    ++known;
    any = any || *packets > 0;
    const Retransmission one{&device, *packets, *of};
    if (*packets > few_retransmissions && one.ratio() >= much_retransmitted) {
      found.push_back(one);
    }
  }
  if (!any && lacks_network_counters(view)) {
    return unknown("EFAs of " + view.instance.instance_type + " do not count retransmissions");
  }
  if (found.empty()) {
    return nothing_found(view, known, "less than 1 % of packets retransmitted " + period_of(view));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.ratio() > b.ratio(); });
  const bool too_much = view.before && found.front().ratio() >= too_much_retransmitted;
  return {too_much ? Verdict::fail : Verdict::warn,
          "packets retransmitted " + period_of(view) + ": " + told(found),
          "compare hosts: topk(5, rate(efa_retrans_pkts_total[5m]) / rate(efa_tx_pkts_total[5m])); "
          "one host far above the others is taken out of the job and stopped and started; all "
          "alike: fewer senders to one receiver at a time, and see EFA-804"};
}

}  // namespace efa
