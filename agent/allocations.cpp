#include "agent/allocations.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/daemon/problem_log.h"
#include "collectors/allocations.h"
#include "collectors/kubelet/pod_resources.h"

namespace efa {

#ifdef EFA_AGENT_GRPC

namespace {

// How long the first scrape waits: it takes some milliseconds.
constexpr std::chrono::milliseconds first_answer{500};
constexpr std::chrono::seconds answer_within{10};  // a kubelet that starts is slow

// Used by the refresher's thread alone.
struct Kubelet {
  std::string socket;
  ProblemLog log;
};

std::vector<CurrentProblem> problems_of(const PodAllocations& allocations) {
  if (!allocations.problem) {
    return {};
  }
  const Error& error = *allocations.problem;
  return {
      {.subject = "kubelet",
       .kind = std::string(to_string(error.reason)),
       .message = "which pods have devices cannot be asked",
       .over = "which pods have devices can be asked again",
       .about = {},
       .details = {{"reason", std::string(to_string(error.reason))}, {"error", error.message()}}}};
}

}  // namespace

bool can_ask_kubelet() { return true; }

std::unique_ptr<Collector> make_allocations(const Config& config, const Clock& clock) {
  auto kubelet = std::make_shared<Kubelet>(Kubelet{config.path.pod_resources, ProblemLog()});
  auto read = [kubelet, &clock](const std::monostate&) {
    PodAllocations allocations;
    allocations.taken = clock.now();
    if (auto listed = list_pod_allocations(kubelet->socket, answer_within)) {
      allocations.entries = std::move(*listed);
    } else {
      allocations.problem = listed.error();
    }
    kubelet->log.report(problems_of(allocations), allocations.taken);
    return allocations;
  };
  return std::make_unique<Allocations>(std::make_unique<Allocations::AllocationRefresher>(
                                           std::move(read), clock, config.ownership.interval),
                                       first_answer);
}

#else

bool can_ask_kubelet() { return false; }

std::unique_ptr<Collector> make_allocations(const Config& /*config*/, const Clock& /*clock*/) {
  return nullptr;
}

#endif

}  // namespace efa
