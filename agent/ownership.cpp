#include "agent/ownership.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "agent/daemon/problem_log.h"
#include "collectors/netlink/netlink_socket.h"
#include "collectors/netlink/rdma_netlink.h"
#include "collectors/ownership/ownership_reader.h"
#include "collectors/ownership/process_cache.h"
#include "collectors/workload/pod_names.h"

namespace efa {
namespace {

// The kubelet's links to logs of containers stand beside its directories of pods.
std::string container_logs(const std::string& pod_logs) {
  return std::filesystem::path(pod_logs).parent_path() / "containers";
}

std::vector<CurrentProblem> problems_of(const Ownership& ownership) {
  std::vector<CurrentProblem> problems;
  if (ownership.problem) {
    problems.push_back({.subject = "rdma",
                        .kind = std::string(to_string(ownership.problem->reason)),
                        .message = "what processes hold of the devices cannot be asked",
                        .over = "what processes hold of the devices can be asked again",
                        .about = {},
                        .details = {{"reason", std::string(to_string(ownership.problem->reason))},
                                    {"error", ownership.problem->message()}}});
  }
  if (ownership.hidden > 0) {
    problems.push_back(
        {.subject = "processes",
         .kind = {},
         .message = "processes that hold objects of the devices are not visible: they ended and "
                    "left them to others, or the agent is in another pid namespace, or /proc "
                    "hides them (hidepid)",
         .over = "all processes that hold objects of the devices are visible",
         .about = {},
         .details = {{"objects", std::to_string(ownership.hidden)}}});
  }
  return problems;
}

// Used by the refresher's thread alone.
struct Source {
  Source(const Config& config, Files& files, const Clock& clock)
      : rdma(socket, clock),
        pods(files, clock, config.path.pod_logs, container_logs(config.path.pod_logs)),
        processes(files, clock, pods, config.path.procfs, config.ownership.environment),
        reader(rdma, processes, clock),
        queue_pairs(config.ownership.queue_pairs) {}

  Ownership read(const std::vector<NamedDevice>& devices) {
    Ownership ownership = reader.read(devices, queue_pairs);
    log.report(problems_of(ownership), ownership.taken);
    return ownership;
  }

  NetlinkSocket socket;
  RdmaNetlink rdma;
  PodNames pods;
  ProcessCache processes;
  OwnershipReader reader;
  ProblemLog log;
  const bool queue_pairs;
};

}  // namespace

std::unique_ptr<OwnershipRefresher> make_ownership(const Config& config, Files& files,
                                                   const Clock& clock) {
  auto source = std::make_shared<Source>(config, files, clock);
  return std::make_unique<OwnershipRefresher>(
      [source](const std::vector<NamedDevice>& devices) { return source->read(devices); }, clock,
      config.ownership.interval);
}

}  // namespace efa
