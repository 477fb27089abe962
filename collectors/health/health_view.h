#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/engine/reading.h"
#include "collectors/ethtool/ena_reader.h"
#include "collectors/health/probe_report.h"
#include "collectors/host/facts.h"
#include "collectors/host/process_limits.h"
#include "collectors/imds/instance_metadata.h"
#include "collectors/ownership/ownership.h"
#include "collectors/workload/environment.h"
#include "collectors/workload/mapped_libraries.h"

namespace efa {

/// A process that holds objects of an EFA.
struct Holder {
  std::uint32_t pid = 0;
  std::string owner;    // Workload::owner
  std::string command;  // Workload::command
  std::optional<MemlockLimit> memlock;
  std::optional<Environment> environment;  // nothing: not permitted to read it
};

/// What was found out about an agent that should be running on this host.
struct AgentState {
  std::string address;                     // that was asked
  std::optional<Error> problem;            // why it did not answer; nothing: it did
  std::vector<std::string> config_errors;  // of the configuration file
  std::string config_file;
  bool has_host_pids = true;      // this process sees the host's pid namespace
  std::uint64_t descriptors = 0;  // a process may have open, here
};

/// What checks look at. What is nothing was not looked at, or could not be: a check that needs it
/// is `unknown`, and says what would help.
struct HealthView {
  // All devices now, and some time before (null: judge totals since boot).
  std::shared_ptr<const Reading> now;
  std::shared_ptr<const Reading> before;
  std::chrono::nanoseconds between{};

  InstanceMetadata instance;
  std::optional<unsigned> configured_devices;             // devices.expected
  std::optional<std::chrono::seconds> up_for;             // since boot
  std::optional<std::vector<std::string>> other_devices;  // RDMA devices that are no EFA
  std::optional<HostFacts> host;
  std::optional<EnaReading> ena;
  std::optional<EnaReading> ena_before;

  std::optional<Ownership> ownership;
  std::vector<Holder> holders;                            // of `ownership`
  std::optional<std::vector<LibraryUser>> library_users;  // nothing: not permitted to look
  std::optional<std::vector<std::string>> kernel_log;     // lines about efa; nothing: not readable

  // Whoever called, if it is a person or a job's prologue: not of the agent as a service.
  std::optional<MemlockLimit> caller_memlock;
  std::optional<Environment> caller_environment;
  bool is_root = false;
  // path.root is not /: what the caller has is the agent's container's, and no job's.
  bool is_in_container = false;

  std::optional<AgentState> agent;
  std::optional<ProbeReport> probe;  // nothing: not asked for
};

}  // namespace efa
