#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include "collectors/base/clock.h"
#include "tests/lab/efa_device/lab.h"
#include "tests/lab/efa_device/log.h"
#include "tests/lab/efa_device/profile.h"

namespace {

constexpr unsigned max_devices = 64;  // as many as 1024 descriptors are enough for

struct CommandLine {
  std::string directory = ".";
  unsigned devices = 1;
  int detail = 0;
  efa::lab::ProfileText profile;
};

void describe(CLI::App& app, CommandLine& line) {
  app.add_option("--directory", line.directory, "Where its sockets go: efa0.sock... and ctl.sock")
      ->check(CLI::ExistingDirectory);
  app.add_option("--devices", line.devices, "How many")->check(CLI::Range(1U, max_devices));
  app.add_option("--generation", line.profile.generation, "efa0 to efa4")->capture_default_str();
  app.add_option("--gbps", line.profile.gbps, "Link speed")->capture_default_str();
  app.add_option("--interface", line.profile.interface, "Minor version, 1 to 3")
      ->capture_default_str();
  app.add_option("--admin-timeout", line.profile.admin_timeout,
                 "How long a driver waits for an answer, in ms; 0: as it likes")
      ->capture_default_str();
  app.add_flag("--no-rdma-read", line.profile.without_rdma_read, "Lacks RDMA read");
  app.add_flag("--no-rdma-write", line.profile.without_rdma_write, "Lacks RDMA write");
  app.add_flag("-v,--verbose", line.detail, "Says what happens; twice: each admin command");
}

/// To be called before there are threads, which inherit that.
sigset_t block_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void run(const CommandLine& line) {
  const efa::lab::Profile profile = efa::lab::parse_profile(line.profile);
  const sigset_t signals = block_signals();
  const efa::MonotonicClock clock;
  const efa::lab::Log log(line.detail);
  const efa::lab::Lab lab(line.directory, line.devices, profile, clock, log);
  int signal = 0;
  ::sigwait(&signals, &signal);
}

}  // namespace

// A write of the guest goes from vfio_user/server.h to device.h, and from there to the registers,
// the admin queue or the data path; what comes of it goes back through bus.h.
int main(int argc, char** argv) {
  CLI::App app("Elastic Fabric Adapters that are not there, for QEMU's vfio-user-pci");
  CommandLine line;
  describe(app, line);
  CLI11_PARSE(app, argc, argv);
  try {
    run(line);
    return EXIT_SUCCESS;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "efa-device: %s\n", failure.what());
    return EXIT_FAILURE;
  }
}
