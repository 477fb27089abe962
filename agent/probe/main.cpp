#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <infiniband/verbs.h>

#include "agent/probe/device_probe.h"
#include "agent/probe/probe_log.h"
#include "agent/probe/probe_writer.h"

namespace {

constexpr int exit_cannot_run = 1;
// More than udev's 5 s that libibverbs waits for a node, less than doctor waits for this program.
constexpr std::chrono::seconds patience{8};

constexpr const char* usage =
    "efa-probe: opens Elastic Fabric Adapters as a job would\n"
    "\n"
    "Usage: efa-probe [DEVICE]...\n"
    "\n"
    "On each EFA, or on those named, through libibverbs and libefa: opens it, asks what\n"
    "it offers, makes a protection domain, a memory region of a page, a completion\n"
    "queue, an SRD queue pair that is ready to send and an address handle to itself,\n"
    "and destroys them again. Sends nothing. Prints JSON.\n"
    "\n"
    "Exit codes: 0 all EFAs work; 1 wrong usage; 2 some do not work; 3 there is none.\n";

/// One device, and the thread that probes it.
struct UnderWay {
  std::shared_ptr<efa::ProbeLog> log;
  std::future<void> done;
};

UnderWay start(ibv_device& device) {
  auto log = std::make_shared<efa::ProbeLog>(ibv_get_device_name(&device), efa::node_of(device));
  std::packaged_task<void()> task([&device, log] { efa::probe_device(device, *log); });
  UnderWay under_way{log, task.get_future()};
  // Left behind if the driver does not let go of it.
  std::thread(std::move(task)).detach();
  return under_way;
}

efa::ProbeReport probe(const std::vector<ibv_device*>& devices) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::vector<UnderWay> all;
  all.reserve(devices.size());
  for (ibv_device* device : devices) {
    all.push_back(start(*device));
  }
  efa::ProbeReport report;
  for (UnderWay& one : all) {
    one.done.wait_until(deadline);
    if (auto told = one.log->told()) {
      report.devices.push_back(std::move(*told));
    }
  }
  return report;
}

/// Those that libibverbs lists, are wanted, and may be EFAs. What is wanted and not there is left
/// in `wanted`.
std::vector<ibv_device*> chosen(ibv_device** list, int count, std::vector<std::string>& wanted) {
  std::vector<ibv_device*> devices;
  const bool all = wanted.empty();
  for (int i = 0; i < count; ++i) {
    const bool is_wanted = std::erase(wanted, ibv_get_device_name(list[i])) > 0;
    if ((all || is_wanted) && !efa::is_of_another_vendor(*list[i])) {
      devices.push_back(list[i]);
    }
  }
  return devices;
}

int run(std::vector<std::string> wanted) {
  int count = 0;
  // Never freed: a thread that hangs still has it.
  ibv_device** list = ibv_get_device_list(&count);
  efa::ProbeReport report;
  if (list == nullptr) {
    report.list_error = std::strerror(errno);
  } else {
    const std::vector<ibv_device*> devices = chosen(list, count, wanted);
    if (!wanted.empty()) {
      std::fprintf(stderr, "efa-probe: libibverbs lists no device %s\n", wanted.front().c_str());
      return exit_cannot_run;
    }
    report = probe(devices);
  }
  const std::string text = efa::json_of(report);
  const bool is_written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return is_written ? efa::exit_code_of(report) : exit_cannot_run;
}

}  // namespace

int main(int argc, char** argv) {
  int code = exit_cannot_run;
  try {
    std::vector<std::string> wanted(argv + (argc > 0 ? 1 : 0), argv + argc);
    for (const std::string_view argument : wanted) {
      if (argument == "--help" || argument == "-h") {
        std::fputs(usage, stdout);
        return EXIT_SUCCESS;
      }
      if (argument.empty() || argument.starts_with('-')) {
        std::fprintf(stderr, "efa-probe: found the argument '%s'\n%s", argument.data(), usage);
        return exit_cannot_run;
      }
    }
    code = run(std::move(wanted));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "efa-probe: %s\n", failure.what());
  }
  // A thread in the kernel keeps this process, and its descriptors: who reads stdout is not to
  // wait.
  ::close(STDOUT_FILENO);
  ::_exit(code);
}
