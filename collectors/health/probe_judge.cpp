#include "collectors/health/probe_judge.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/health/judging.h"
#include "collectors/health/words.h"

namespace efa {
namespace {

constexpr std::string_view get_probe =
    "put efa-probe beside efa-agent, or into a folder of PATH: it comes with the packages and with "
    "deploy/install.sh, and is built with the agent where libibverbs-dev (rdma-core-devel) is "
    "installed";
constexpr std::string_view build_probe =
    "build it on this system, from the source of efa-agent, where g++ and libibverbs-dev "
    "(rdma-core-devel) are installed: cmake --preset release && cmake --build --preset release "
    "--target efa-probe; and put build/release/agent/efa-probe in its place";
constexpr std::string_view get_libraries =
    "install libibverbs1 and ibverbs-providers (libibverbs and rdma-core where packages are RPMs), "
    "or the EFA installer's rdma-core";
constexpr std::string_view run_by_hand = "run efa-probe, and see what it says";

std::string after_colon(const std::string& detail) {
  return detail.empty() ? detail : ": " + detail;
}

// Why there is no report.
Finding without_report(const ProbeReport& probe) {
  switch (probe.problem) {
    case ProbeReport::Problem::no_program:
      return unknown("efa-probe is neither beside efa-agent nor in PATH", std::string(get_probe));
    case ProbeReport::Problem::not_started:
      return unknown("efa-probe could not be started: " + probe.detail,
                     "see ls -l of that file, and file of it; or " + std::string(get_probe));
    case ProbeReport::Problem::not_loaded:
      return unknown("efa-probe does not start, for want of libibverbs.so.1 or libefa.so.1" +
                         after_colon(probe.detail),
                     std::string(get_libraries));
    case ProbeReport::Problem::other_libc:
      return unknown("efa-probe does not start, as it was built for a glibc that is not here" +
                         after_colon(probe.detail),
                     std::string(build_probe));
    case ProbeReport::Problem::no_answer:
      return fail("efa-probe did not answer within " + probe.detail +
                      ", so that the kernel keeps it waiting for a device",
                  "see EFA-702 for the device that does not answer; " + std::string(run_by_hand));
    case ProbeReport::Problem::malformed:
      return unknown("efa-probe told what is no report (" + probe.detail + ")",
                     "see that efa-probe and efa-agent are of the same version");
    case ProbeReport::Problem::failed:
    case ProbeReport::Problem::none:
      break;
  }
  return unknown("efa-probe " + probe.detail, std::string(run_by_hand));
}

// A device that is not as it should be.
struct Trouble {
  const DeviceReading* device = nullptr;
  const ProbedDevice* probed = nullptr;  // null: libibverbs does not list it
  const ProbedStep* step = nullptr;      // null as well
};

std::vector<Trouble> troubles_of(const HealthView& view) {
  std::vector<Trouble> troubles;
  for (const DeviceReading& device : view.now->devices) {
    const auto& all = view.probe->devices;
    const auto probed = std::find_if(all.begin(), all.end(), [&](const ProbedDevice& one) {
      return one.name == device.layout->attributes.name;
    });
    if (probed == all.end()) {
      troubles.push_back({&device, nullptr, nullptr});
    } else if (const ProbedStep* step = probed->trouble()) {
      troubles.push_back({&device, &*probed, step});
    }
  }
  return troubles;
}

const std::string& name_of(const Trouble& trouble) {
  return trouble.device->layout->attributes.name;
}

// The node that a device lacks, in which case libibverbs does not list the device, or not open it;
// empty if it has one, or none could be looked for.
std::string missing_node(const HealthView& view, const Trouble& trouble) {
  if (trouble.probed != nullptr) {
    const bool is_missing =
        trouble.step->step == ProbeStep::open_device && trouble.step->error == "ENOENT";
    return is_missing ? trouble.probed->node : std::string();
  }
  if (!view.host || !view.host->uverbs) {
    return {};
  }
  for (const UverbsNode& node : view.host->uverbs->nodes) {
    if (node.device == name_of(trouble) && !node.node) {
      return "/dev/infiniband/" + node.name;
    }
  }
  return {};
}

std::string found_of(const HealthView& view, const Trouble& trouble) {
  const std::string& name = name_of(trouble);
  if (const std::string node = missing_node(view, trouble); !node.empty()) {
    return name + " cannot be opened without its node " + node;
  }
  if (trouble.probed == nullptr) {
    return "libibverbs does not list " + name + after_colon(view.probe->list_error);
  }
  const ProbedStep& step = *trouble.step;
  std::string text = name;
  text.append(step.outcome == ProbeOutcome::stuck ? " hangs at '" : " fails at '");
  text.append(to_string(step.step)).append("'");
  if (step.outcome == ProbeOutcome::failed) {
    text.append(" with ").append(step.error).append(" (").append(step.text).append(")");
  }
  return text;
}

std::string fix_of_opening(const HealthView& view, const Trouble& trouble) {
  const std::string& error = trouble.step->error;
  const std::string& node = trouble.probed->node;
  if (error == "EACCES" || error == "EPERM") {
    return "ls -l " + node + " must say crw-rw-rw-, see EFA-407; now: sudo chmod 666 " + node +
           "; in a container pass the node by --device, on Kubernetes by the resource "
           "vpc.amazonaws.com/efa in the job's pod";
  }
  if (error == "ENODEV" || error == "ENXIO" || error == "EIO") {
    const DeviceReading* const device = trouble.device;
    return "the driver gives the device up, see EFA-701; " + reload_command(view, {&device, 1});
  }
  return "libibverbs and the driver do not fit together: " + std::string(get_libraries) +
         "; and see EFA-502";
}

bool is_answer_of_closed_queue(const ProbedStep& step) {
  return step.outcome == ProbeOutcome::stuck || step.error == "ENODEV" || step.error == "ETIME";
}

std::string fix_of(const HealthView& view, const Trouble& trouble) {
  if (!missing_node(view, trouble).empty()) {
    return "see EFA-406; in a container pass the node by --device, on Kubernetes by the resource "
           "vpc.amazonaws.com/efa in the job's pod";
  }
  if (trouble.probed == nullptr) {
    return "the provider of efa is missing, or too old for the device: " +
           std::string(get_libraries) + "; or the kernel has no uverbs device, see EFA-405";
  }
  const ProbedStep& step = *trouble.step;
  if (is_answer_of_closed_queue(step) && step.step != ProbeStep::open_device) {
    const DeviceReading* const device = trouble.device;
    return "the device does not answer the driver, see EFA-701 and EFA-702; " +
           reload_command(view, {&device, 1});
  }
  if (step.outcome == ProbeOutcome::stuck) {
    return "the device does not answer the driver, see EFA-701 and EFA-702";
  }
  if (step.step == ProbeStep::open_device) {
    return fix_of_opening(view, trouble);
  }
  // EPERM: it may not lock any.
  if (step.step == ProbeStep::register_memory &&
      (step.error == "ENOMEM" || step.error == "EPERM")) {
    return "who called may lock too little memory, see EFA-401: ulimit -l unlimited";
  }
  return "sudo dmesg | grep -i efa tells what the device refused; it may be at its limits: rdma "
         "resource show tells what is in use, EFA-711 and EFA-712 whether commands fail";
}

std::string said(const std::optional<bool>& ability) {
  if (!ability) {
    return "not told by this libefa";
  }
  return *ability ? "yes" : "no";
}

// "RDMA read yes, write yes, ...", of the first; and whether others are the same.
std::string offers_of(const std::vector<ProbedDevice>& devices) {
  const auto& first = devices.front().offers;
  if (!first) {
    return {};
  }
  std::string text = devices.size() > 1 ? ", of each: " : ": ";
  text.append("RDMA read ").append(said(first->rdma_read));
  text.append(", write ").append(said(first->rdma_write));
  text.append(", ").append(grouped(std::max(first->inline_bytes, first->wide_inline_bytes)));
  text.append(" B inline, ").append(counted(first->max_qp, "queue pair")).append(" of up to ");
  text.append(grouped(first->max_sq_wr)).append(" sends and ").append(grouped(first->max_rq_wr));
  text.append(" receives");
  const bool is_same = std::all_of(devices.begin(), devices.end(),
                                   [&](const ProbedDevice& one) { return one.offers == first; });
  return is_same ? text : text + " (" + devices.front().name + "; others differ, see --json)";
}

}  // namespace

Finding judge_probe(const HealthView& view) {
  if (auto nothing = without_devices(view)) {
    return *nothing;
  }
  if (!view.probe) {
    return unknown("not asked for, as it makes a queue pair on each EFA",
                   "efa-agent doctor --probe");
  }
  if (view.probe->problem != ProbeReport::Problem::none) {
    return without_report(*view.probe);
  }
  const std::vector<Trouble> troubles = troubles_of(view);
  if (troubles.empty()) {
    return pass(counted(view.now->devices.size(), "EFA") + offers_of(view.probe->devices));
  }
  // Those that lack a node say the least of what is wrong.
  const auto worst = std::find_if(troubles.begin(), troubles.end(), [&](const Trouble& trouble) {
    return missing_node(view, trouble).empty();
  });
  const Trouble& told = worst != troubles.end() ? *worst : troubles.front();
  std::string found = found_of(view, told);
  if (troubles.size() > 1) {
    found.append("; ").append(counted(troubles.size(), "EFA")).append(" of ");
    found.append(std::to_string(view.now->devices.size())).append(" do not work");
  }
  const bool some_work = troubles.size() < view.now->devices.size();
  return worst == troubles.end() && some_work
             ? warn(found.append(", which in a container may be as allotted"), fix_of(view, told))
             : fail(std::move(found), fix_of(view, told));
}

}  // namespace efa
