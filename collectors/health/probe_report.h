#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace efa {

/// What efa-probe does with a device, in this order, as a job does before its first message.
enum class ProbeStep : std::uint8_t {
  open_device,
  query_device,
  query_attributes,
  allocate_pd,
  register_memory,
  create_cq,
  create_qp,
  qp_to_init,
  qp_to_rtr,
  qp_to_rts,
  create_ah,
  tear_down,
};
inline constexpr std::size_t probe_step_count = 12;

/// The words for a step, for people and in JSON.
constexpr std::string_view to_string(ProbeStep step) {
  constexpr std::string_view words[probe_step_count] = {"open device",
                                                        "query device",
                                                        "query EFA attributes",
                                                        "allocate protection domain",
                                                        "register memory",
                                                        "create completion queue",
                                                        "create SRD queue pair",
                                                        "queue pair to INIT",
                                                        "queue pair to RTR",
                                                        "queue pair to RTS",
                                                        "create address handle to own GID",
                                                        "tear down"};
  return words[static_cast<std::size_t>(step)];
}

/// `stuck`: it had not returned when efa-probe stopped waiting.
enum class ProbeOutcome : std::uint8_t { ok, failed, stuck };

/// The word for an outcome, in JSON.
constexpr std::string_view to_string(ProbeOutcome outcome) {
  constexpr std::string_view words[] = {"ok", "failed", "stuck"};
  return words[static_cast<std::size_t>(outcome)];
}

struct ProbedStep {
  ProbeStep step = ProbeStep::open_device;
  ProbeOutcome outcome = ProbeOutcome::ok;
  std::string error;  // ENOMEM; of one that failed
  std::string text;   // what the C library says of that
  double milliseconds = 0;
};

/// What a device offers to its users.
struct ProbeOffers {
  // ibv_query_device()
  std::uint64_t max_qp = 0;
  std::uint64_t max_cq = 0;
  std::uint64_t max_cqe = 0;
  std::uint64_t max_mr = 0;
  std::uint64_t max_mr_bytes = 0;
  std::uint64_t max_pd = 0;
  std::uint64_t max_ah = 0;
  // efadv_query_device()
  std::uint64_t max_sq_wr = 0;
  std::uint64_t max_rq_wr = 0;
  std::uint64_t max_sq_sge = 0;
  std::uint64_t max_rq_sge = 0;
  std::uint64_t inline_bytes = 0;
  std::uint64_t wide_inline_bytes = 0;  // with work requests of 128 bytes; 0: none, or not told
  std::uint64_t max_rdma_bytes = 0;
  // Nothing: libefa is older than that.
  std::optional<bool> rdma_read;
  std::optional<bool> rdma_write;
  std::optional<bool> rnr_retry;
  std::optional<bool> cq_with_sgid;
  std::optional<bool> unsolicited_write_recv;

  bool operator==(const ProbeOffers&) const = default;
};

struct ProbedDevice {
  std::string name;
  std::string node;               // /dev/infiniband/uverbs0
  std::vector<ProbedStep> steps;  // up to the first that did not succeed, and tear_down
  std::optional<ProbeOffers> offers;

  /// The first step that did not succeed; null if all did.
  [[nodiscard]] const ProbedStep* trouble() const {
    const auto found = std::find_if(steps.begin(), steps.end(), [](const ProbedStep& step) {
      return step.outcome != ProbeOutcome::ok;
    });
    return found == steps.end() ? nullptr : &*found;
  }
};

/// What efa-probe told of this host's EFAs; or, with a problem, why it told nothing.
struct ProbeReport {
  enum class Problem : std::uint8_t {
    none,
    no_program,   // it is not there
    not_started,  // the kernel did not start it
    not_loaded,   // its libraries are not there, or too old
    other_libc,   // the C library is not the one it was built for, or too old
    no_answer,    // not in time
    failed,       // it ended otherwise than by telling
    malformed,    // it told what is no report
  };

  std::vector<ProbedDevice> devices;
  std::string list_error;  // why libibverbs lists no device; empty: it does
  Problem problem = Problem::none;
  std::string detail;  // of the problem
};

}  // namespace efa
