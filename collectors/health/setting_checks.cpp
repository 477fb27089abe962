#include <string>
#include <vector>

#include "collectors/health/check.h"
#include "collectors/health/environment_rules.h"
#include "collectors/health/installed.h"
#include "collectors/health/words.h"
#include "collectors/host/version.h"

namespace efa {
namespace {

using namespace words;

constexpr std::string_view make_p2p =
    "install NVIDIA's driver (nvidia-smi must work), then sudo modprobe efa_nv_peermem, which the "
    "EFA installer brings (without --skip-kmod), and reload efa or reboot; on Trainium and "
    "Inferentia: sudo modprobe neuron; check: cat /sys/class/infiniband/*/device/p2p";

// Nothing where the driver shows which provider it has.
std::optional<Finding> driver_does_not_tell(const HealthView& view) {
  const std::string version = driver_version(view);
  const auto parsed = parse_version(version);
  if (parsed && *parsed >= Version{{2, 6}}) {
    return std::nullopt;
  }
  return unknown(version.empty() ? "the kernel's own driver does not tell its GPUDirect provider"
                                 : "driver " + version + " does not tell its GPUDirect provider",
                 "use EFA's driver 2.6.0 or later: " + std::string(run_installer));
}

// Since then the kernel lets a device reach another's memory by dma-buf, which needs no provider.
constexpr std::string_view first_dma_buf = "5.12";

// Of a host with NVIDIA's GPUs, none of whose devices has a provider.
Finding without_nvidia_provider(const HealthView& view, std::string found) {
  if (!view.host) {
    return without_host_facts();
  }
  if (view.host->nvidia_driver.empty()) {
    return warn(found.append(", and NVIDIA's driver is not loaded"), std::string(make_p2p));
  }
  if (is_older(view.host->kernel, first_dma_buf)) {
    return warn(found.append(", and kernel ").append(view.host->kernel).append(" has no dma-buf"),
                std::string(make_p2p));
  }
  return unknown("no peer-memory provider; whether dma-buf is used cannot be seen from here",
                 "run the job with NCCL_DEBUG=INFO, which says whether NCCL uses GPU Direct RDMA; "
                 "if not: " +
                     std::string(make_p2p));
}

// Of a host none of whose devices has a provider.
Finding without_provider(const HealthView& view) {
  const auto type = type_of(view);
  if (!type) {
    return unknown("no device has a provider, and the instance type is not known",
                   "see EFA-902: only instances with accelerators need one");
  }
  if (type->accelerator_name.empty()) {
    return pass(std::string(type->name) + " has no accelerator");
  }
  if (!type->rdma_read) {
    return pass(std::string(type->name) + " has no RDMA, which GPUDirect needs");
  }
  if (auto finding = driver_does_not_tell(view)) {
    return std::move(*finding);
  }
  std::string found = "no EFA has a provider to reach the " + std::string(type->accelerator_name);
  return type->accelerator_name.starts_with("nvidia")
             ? without_nvidia_provider(view, std::move(found))
             : warn(std::move(found), std::string(make_p2p));
}

Finding p2p(const HealthView& view) {
  if (is_without_efa(view)) {
    return without_efa();
  }
  if (view.now == nullptr || view.now->devices.empty()) {
    return unknown("no device was read", "see EFA-408");
  }
  std::vector<std::string> without;
  std::string provider;
  for (const DeviceReading& device : view.now->devices) {
    const DeviceAttributes& attributes = device.layout->attributes;
    if (attributes.p2p.empty()) {
      without.push_back(attributes.name);
    } else {
      provider = attributes.p2p;
    }
  }
  if (provider.empty()) {
    return without_provider(view);
  }
  if (!without.empty()) {
    return warn(provider + " on other devices, none on " + listed(without),
                "reload the driver while no job runs: sudo modprobe -r efa && sudo modprobe efa");
  }
  return pass("every EFA reaches accelerators by " + provider);
}

Finding judge_caller(const HealthView& view, std::initializer_list<std::string_view> variables) {
  if (is_without_efa(view)) {
    return without_efa();
  }
  if (view.is_in_container) {
    return not_where_jobs_run();
  }
  if (!view.caller_environment) {
    return unknown("no shell has called, so there is no environment of one to look at",
                   "run efa-agent doctor in the shell, or the prologue, that starts the jobs");
  }
  std::string set;
  for (const std::string_view variable : variables) {
    if (auto finding = judge_variable(variable, *view.caller_environment, view)) {
      finding->fix.insert(0, "in this shell and the job script: ");
      return std::move(*finding);
    }
    if (const auto value = value_of(variable, *view.caller_environment)) {
      set.append(set.empty() ? "" : ", ").append(variable).append("=").append(*value);
    }
  }
  if (!set.empty()) {
    return pass(std::move(set));
  }
  const std::vector<std::string> names(variables.begin(), variables.end());
  return pass(listed(names) + (names.size() == 1 ? " is not set" : " are not set"));
}

Finding provider(const HealthView& view) { return judge_caller(view, {environment::provider}); }
Finding device_rdma(const HealthView& view) {
  return judge_caller(view, {environment::device_rdma});
}
Finding fork_safe(const HealthView& view) {
  return judge_caller(view, {environment::fork_safe, environment::verbs_fork_safe});
}
Finding fabrics(const HealthView& view) {
  return judge_caller(view, {environment::intel_fabrics, environment::intel_provider});
}
Finding shm_transfer(const HealthView& view) {
  return judge_caller(view, {environment::shm_transfer});
}
Finding interfaces(const HealthView& view) { return judge_caller(view, {environment::interfaces}); }
Finding queue_sizes(const HealthView& view) {
  return judge_caller(view, {environment::tx_size, environment::rx_size});
}

struct OwnersJudged {
  std::vector<std::string> texts;  // what is wrong with whom
  Finding worst;
  std::size_t not_permitted = 0;
};

OwnersJudged judge_owners(const HealthView& view) {
  OwnersJudged judged;
  judged.worst.verdict = Verdict::pass;
  for (const Holder& holder : view.holders) {
    if (!holder.environment) {
      ++judged.not_permitted;
      continue;
    }
    for (const EnvironmentRule& rule : environment_rules()) {
      auto finding = judge_variable(rule.variable, *holder.environment, view);
      if (!finding) {
        continue;
      }
      std::string text = holder.owner + " (" + holder.command + ", pid ";
      judged.texts.push_back(
          text.append(std::to_string(holder.pid)).append("): ").append(finding->found));
      // The first of those that are worst: rules stand by what they cost.
      if (judged.worst.verdict == Verdict::pass ||
          (judged.worst.verdict == Verdict::warn && finding->verdict == Verdict::fail)) {
        judged.worst = std::move(*finding);
      }
    }
  }
  return judged;
}

Finding owners(const HealthView& view) {
  if (is_without_efa(view)) {
    return without_efa();
  }
  if (view.holders.empty()) {
    return unknown("no process is known that holds anything of an EFA",
                   "run efa-agent doctor as root while a job runs");
  }
  OwnersJudged judged = judge_owners(view);
  if (!judged.texts.empty()) {
    return {judged.worst.verdict, listed(judged.texts, 2),
            judged.worst.fix.insert(0, "in the job script, then start the job again: ")};
  }
  if (judged.not_permitted > 0) {
    return unknown("the environment of " + std::to_string(judged.not_permitted) + " of " +
                       counted(view.holders.size(), "process") + " may not be read",
                   "run efa-agent doctor as root, or as the user whose processes they are");
  }
  return pass("nothing that hurts in the environment of " +
              counted(view.holders.size(), "process"));
}

constexpr Check checks[] = {
    {"EFA-601", "EFA reaches the accelerators' memory",
     "Without GPUDirect, by a peer-memory provider or by dma-buf, every byte to or from an "
     "accelerator is copied through the host's memory.",
     Verdict::warn, Published::yes, p2p},
    {"EFA-602", "FI_PROVIDER lets libfabric take efa",
     "With another provider every message goes over TCP, and no error says so.", Verdict::fail,
     Published::no, provider},
    {"EFA-603", "FI_EFA_USE_DEVICE_RDMA fits the device",
     "Off, large messages are copied in pieces; on, on a device without RDMA, the process ends.",
     Verdict::fail, Published::no, device_rdma},
    {"EFA-604", "FI_EFA_FORK_SAFE and RDMAV_FORK_SAFE leave huge pages in use",
     "They turn huge pages off, and kernels of today are safe to fork without them.", Verdict::warn,
     Published::no, fork_safe},
    {"EFA-605", "I_MPI_FABRICS and I_MPI_OFI_PROVIDER let Intel MPI take EFA",
     "Intel MPI reaches EFA through libfabric (ofi) and its provider efa only.", Verdict::warn,
     Published::no, fabrics},
    {"EFA-606", "FI_EFA_ENABLE_SHM_TRANSFER leaves shared memory in use",
     "Processes of one host are faster by shared memory than through the device and back.",
     Verdict::warn, Published::no, shm_transfer},
    {"EFA-607", "FI_EFA_IFACE leaves no device out",
     "It keeps libfabric to the devices it names, and all others idle.", Verdict::fail,
     Published::no, interfaces},
    {"EFA-608", "FI_EFA_TX_SIZE and FI_EFA_RX_SIZE are no bottleneck",
     "Senders wait when a short queue is full, and receivers drop packets.", Verdict::warn,
     Published::no, queue_sizes},
    {"EFA-609", "no process with EFA was started with a variable that hurts",
     "What a launcher or an image sets does not show in a login shell.", Verdict::fail,
     Published::no, owners},
};

}  // namespace

std::span<const Check> setting_checks() { return checks; }

}  // namespace efa
