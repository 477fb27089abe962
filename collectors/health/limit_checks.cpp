#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "collectors/health/check.h"
#include "collectors/health/node_checks.h"
#include "collectors/health/words.h"

namespace efa {
namespace {

using namespace words;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;
// Less is not even enough for the buffers libfabric registers for one endpoint (about 110 MiB).
constexpr std::uint64_t least_memlock = 128 * mebibyte;
// What AWS's own health check of a node asks for.
constexpr std::uint64_t enough_memlock = 16UL * 1024 * mebibyte;

constexpr std::string_view raise_memlock =
    "put '* soft memlock unlimited' and '* hard memlock unlimited' into "
    "/etc/security/limits.d/01_efa.conf and log in again; of a service: LimitMEMLOCK=infinity by "
    "systemctl edit slurmd.service, systemctl daemon-reload, systemctl restart slurmd, and "
    "PropagateResourceLimitsExcept=MEMLOCK in slurm.conf; of containers: --ulimit memlock=-1, or "
    "LimitMEMLOCK=infinity by systemctl edit containerd.service, then restart it";

Finding caller_memlock(const HealthView& view) {
  if (is_without_efa(view)) {
    return without_efa();
  }
  if (view.is_in_container) {
    return not_where_jobs_run();
  }
  if (!view.caller_memlock) {
    return unknown("no shell has called, so there is no limit of one to look at",
                   "run efa-agent doctor in the shell, or the prologue, that starts the jobs");
  }
  const MemlockLimit limit = *view.caller_memlock;
  std::string found = "this shell may lock " + memory(limit.soft) +
                      (limit.soft == MemlockLimit::unlimited ? " memory" : " of memory");
  if (limit.soft >= enough_memlock) {
    return pass(std::move(found));
  }
  if (view.is_root) {
    return unknown(found.append(", but it is root's, which tells nothing of those who run jobs"),
                   "run efa-agent doctor as the user who starts the jobs, not by sudo");
  }
  found.append(", up to ").append(memory(limit.hard)).append(" by ulimit -l");
  std::string fix = limit.hard >= enough_memlock ? "now: ulimit -l unlimited; for good: " : "";
  fix.append(raise_memlock);
  return limit.soft < least_memlock ? fail(std::move(found), std::move(fix))
                                    : warn(std::move(found), std::move(fix));
}

Finding owners_memlock(const HealthView& view) {
  if (is_without_efa(view)) {
    return without_efa();
  }
  if (view.holders.empty()) {
    return unknown("no process is known that holds anything of an EFA",
                   "run efa-agent doctor as root while a job runs");
  }
  std::vector<std::string> low;
  std::size_t not_told = 0;
  for (const Holder& holder : view.holders) {
    if (!holder.memlock) {
      ++not_told;
    } else if (holder.memlock->soft < enough_memlock) {
      std::string text = holder.owner;
      text.append(" (").append(holder.command).append(", pid ").append(std::to_string(holder.pid));
      low.push_back(text.append(") ").append(memory(holder.memlock->soft)));
    }
  }
  if (!low.empty()) {
    return warn("may lock less than " + memory(enough_memlock) +
                    ", unless they have CAP_IPC_LOCK: " + listed(low),
                std::string(raise_memlock) + "; then start the job again");
  }
  if (not_told > 0) {
    return unknown("the limit of " + std::to_string(not_told) + " of " +
                       counted(view.holders.size(), "process") + " could not be read",
                   "run efa-agent doctor as root, in the host's pid namespace");
  }
  return pass("all " + counted(view.holders.size(), "process") + " with EFA may lock " +
              memory(enough_memlock) + " or more");
}

// Two megabytes where the kernel does not tell what libfabric would take.
const HugepagePool* default_pool(const Hugepages& hugepages) {
  const std::uint64_t size = hugepages.default_page_bytes.value_or(2 * mebibyte);
  const auto pool = std::find_if(hugepages.pools.begin(), hugepages.pools.end(),
                                 [&](const auto& one) { return one.page_bytes == size; });
  return pool == hugepages.pools.end() ? nullptr : &*pool;
}

constexpr std::uint64_t endpoint_bytes = 110 * mebibyte;

std::uint64_t pages_of_endpoint(const HugepagePool& pool) {
  return (endpoint_bytes + pool.page_bytes - 1) / pool.page_bytes;
}

// Those that nobody has, and nobody was promised. `pool.free` is known.
std::uint64_t pages_left(const HugepagePool& pool) {
  return *pool.free - std::min(*pool.free, pool.reserved.value_or(0));
}

// `pool.total` is known. Those that are in use now stay: what is asked for is never less.
std::string reserve_pages(const HealthView& view, const HugepagePool& pool) {
  const std::size_t devices = std::max<std::size_t>(device_names(view).size(), 1);
  const std::uint64_t needed = devices * pages_of_endpoint(pool);
  const std::uint64_t left = pool.free ? pages_left(pool) : 0;
  const std::uint64_t total = *pool.total + needed - std::min(needed, left);
  const std::string setting = "vm.nr_hugepages=" + std::to_string(total);
  std::string fix = "sudo /opt/amazon/bin/efa-hugepages-reserve.sh, which the EFA installer brings";
  fix.append("; or sudo sysctl -w ").append(setting).append(" and the line ").append(setting);
  fix.append(" in /etc/sysctl.d/90-efa-hugepages.conf (for one process on each of ");
  fix.append(counted(devices, "EFA")).append(", ");
  fix.append(counted(pages_of_endpoint(pool), "page")).append(" each; more processes need more)");
  return fix.append("; on Kubernetes before the kubelet starts");
}

Finding hugepages(const HealthView& view) {
  if (is_without_efa(view)) {
    return without_efa();
  }
  if (!view.host) {
    return without_host_facts();
  }
  const HugepagePool* pool = default_pool(view.host->hugepages);
  if (pool == nullptr || !pool->total) {
    return unknown("the kernel does not tell its huge pages",
                   "see grep Huge /proc/meminfo on the host itself");
  }
  const std::string size = " huge pages of " + memory(pool->page_bytes);
  if (*pool->total == 0) {
    return warn("no" + size + " are set aside", reserve_pages(view, *pool));
  }
  if (!pool->free) {
    return unknown(std::to_string(*pool->total) + size + ", but not how many are free",
                   "see grep Huge /proc/meminfo on the host itself");
  }
  const std::uint64_t left = pages_left(*pool);
  std::string found = std::to_string(*pool->total) + size + ", " + std::to_string(left) + " free";
  if (left >= pages_of_endpoint(*pool)) {
    return pass(std::move(found));
  }
  if (!view.ownership || view.ownership->problem) {
    return unknown(found.append(", and it is not known whether EFA's users have the others"),
                   "run efa-agent doctor as root, in the host's pid namespace");
  }
  if (!view.ownership->owners.empty()) {
    return pass(found.append(", while jobs run on EFA"));
  }
  return warn(found.append(", although nobody uses EFA: too few for one endpoint"),
              "see who has them: sudo grep -l huge /proc/[0-9]*/numa_maps; or set aside more: " +
                  reserve_pages(view, *pool));
}

Finding ptrace_scope(const HealthView& view) {
  if (is_without_efa(view)) {
    return without_efa();
  }
  if (!view.host) {
    return without_host_facts();
  }
  const auto& scope = view.host->ptrace_scope;
  if (!scope) {
    const Error* problem = problem_at(*view.host, "yama/ptrace_scope");
    return problem == nullptr ? pass("this kernel has no Yama, which would restrict it")
                              : unknown(problem->message(), "run efa-agent doctor as root");
  }
  std::string found = "kernel.yama.ptrace_scope is " + std::to_string(*scope);
  if (*scope == 0) {
    return pass(std::move(found));
  }
  return warn(std::move(found),
              "sudo sysctl -w kernel.yama.ptrace_scope=0, and for good the line "
              "kernel.yama.ptrace_scope = 0 in /etc/sysctl.d/10-ptrace.conf" +
                  std::string(*scope == 3 ? "; 3 cannot be lowered before a reboot" : ""));
}

constexpr Check own_checks[] = {
    {"EFA-401", "this shell may lock enough memory",
     "A device reads and writes locked memory only, and without enough of it jobs end in 'cannot "
     "allocate memory' or never begin.",
     Verdict::fail, Published::no, caller_memlock},
    {"EFA-402", "processes with EFA may lock enough memory",
     "A job gets its limit from the daemon that started it, not from a login, and fails when it "
     "registers more than that.",
     Verdict::warn, Published::no, owners_memlock},
    {"EFA-403", "huge pages are set aside for libfabric",
     "Libfabric takes its buffers from huge pages and falls back to ordinary ones, which cost "
     "throughput and time to register.",
     Verdict::warn, Published::yes, hugepages},
    {"EFA-404", "processes of a host may read each other's memory",
     "Libfabric moves messages between processes of a host by reading the other's memory, and "
     "without that permission copies them twice.",
     Verdict::warn, Published::yes, ptrace_scope},
};

}  // namespace

std::span<const Check> limit_checks() {
  static const std::vector<Check> checks = [] {
    std::vector<Check> all(std::begin(own_checks), std::end(own_checks));
    const auto others = node_checks();
    all.insert(all.end(), others.begin(), others.end());
    return all;
  }();
  return checks;
}

}  // namespace efa
