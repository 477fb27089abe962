#include "agent/doctor/gather.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "agent/agent.h"
#include "agent/daemon/limits.h"
#include "agent/device_scanner.h"
#include "agent/doctor/processes.h"
#include "agent/doctor/within.h"
#include "agent/instance_source.h"
#include "agent/ownership.h"
#include "collectors/ena.h"
#include "collectors/engine/reading_engine.h"
#include "collectors/ethtool/ena_reader.h"
#include "collectors/host/facts.h"
#include "collectors/imds/dmi.h"
#include "collectors/imds/http_transport.h"
#include "collectors/known_instance.h"
#include "collectors/proc/boot_time.h"
#include "collectors/proc/kernel_log.h"
#include "collectors/workload/mapped_libraries.h"

namespace efa {
namespace {

using std::chrono::seconds;

constexpr std::size_t kernel_lines = 50;
// "efa 0000:10:1b.0: ...", "infiniband efa_0: ..."; of renamed ones "infiniband rdmap16s27: ...".
constexpr std::string_view words_of_efa[] = {"efa 0", "efa_", "infiniband rdmap"};
constexpr std::string_view libraries[] = {"libnccl-net", "libfabric.so"};

MemlockLimit own_memlock() {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  const auto bytes = [](rlim_t value) {
    return value == RLIM_INFINITY ? MemlockLimit::unlimited : std::uint64_t{value};
  };
  return {bytes(limit.rlim_cur), bytes(limit.rlim_max)};
}

Environment own_environment() {
  Environment environment;
  for (const std::string_view name : readable_variables) {
    if (const char* value = std::getenv(std::string(name).c_str())) {
      environment.push_back({std::string(name), shown_value(value)});
    }
  }
  return environment;
}

// The number of the first pid namespace is the kernel's ABI.
bool is_in_first_pid_namespace(Files& files, const std::string& procfs) {
  const auto link = files.read_link(AT_FDCWD, (procfs + "/self/ns/pid").c_str());
  return !link || *link == "pid:[4026531836]";
}

std::optional<std::vector<std::string>> other_devices(Files& files, const std::string& sysfs,
                                                      const Reading& reading) {
  const std::string path = sysfs + "/class/infiniband";
  std::vector<DirectoryEntry> entries;
  const auto directory = files.open_directory(AT_FDCWD, path.c_str());
  if (!directory) {
    return directory.error().reason == Reason::absent ? std::optional(std::vector<std::string>())
                                                      : std::nullopt;
  }
  if (!files.list(directory->get(), entries)) {
    return std::nullopt;
  }
  std::set<std::string> others;
  for (DirectoryEntry& entry : entries) {
    others.insert(std::move(entry.name));
  }
  for (const DeviceReading& device : reading.devices) {
    others.erase(device.layout->attributes.name);
  }
  return std::vector<std::string>(others.begin(), others.end());
}

// Where a listen address can be asked from here.
HttpEndpoint endpoint_of(std::string_view listen_address) {
  HttpEndpoint endpoint;
  const std::size_t colon = listen_address.rfind(':');
  std::string_view host = listen_address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  const bool is_any = host.empty() || host == "0.0.0.0" || host == "::";
  endpoint.host = is_any ? "127.0.0.1" : std::string(host);
  endpoint.port = static_cast<std::uint16_t>(
      std::strtoul(std::string(listen_address.substr(colon + 1)).c_str(), nullptr, 10));
  return endpoint;
}

AgentState agent_state(const LoadedConfig& loaded, const std::string& config_file, Files& files) {
  AgentState state;
  state.config_file = config_file;
  for (const ConfigError& error : loaded.errors) {
    state.config_errors.push_back(error.to_string());
  }
  state.has_host_pids = is_in_first_pid_namespace(files, loaded.config.path.procfs);
  state.descriptors = raise_open_file_limit();
  const HttpEndpoint endpoint = endpoint_of(loaded.config.web.listen_addresses.front());
  // What a web configuration asks for is not known here: it may be for the agent alone to read.
  // Plain HTTP gets an answer in any case, of status 400 over TLS, 401 without the password.
  const bool is_guarded = !loaded.config.web.config_file.empty();
  state.address = (is_guarded ? "" : "http://") + endpoint.authority();
  HttpTransport transport;
  const auto reply = transport.exchange(endpoint, {"GET", "/readyz", {}});
  if (!reply) {
    state.problem = reply.error();
  } else if (reply->status != 200 && !is_guarded) {
    state.problem = Error{Reason::transient, 0, "HTTP status " + std::to_string(reply->status)};
  }
  return state;
}

std::vector<NamedDevice> named(const Reading& reading) {
  DeviceLayouts layouts;
  for (const DeviceReading& device : reading.devices) {
    layouts.push_back(device.layout);
  }
  return named_devices(layouts);
}

void look_at_owners(const Config& config, Files& files, const Clock& clock,
                    const GatherPatience& patience, HealthView& view) {
  const auto refresher = make_ownership(config, files, clock);
  if (const auto ownership = refresher->latest(named(*view.now), patience.owners)) {
    view.ownership = *ownership;
    view.holders = find_holders(files, config.path.procfs, *ownership, patience.files);
  }
}

void look_at_libraries(const Config& config, Files& files, const GatherPatience& patience,
                       HealthView& view) {
  std::set<std::uint32_t> holders;
  for (const Holder& holder : view.holders) {
    holders.insert(holder.pid);
  }
  const auto look = [&files, procfs = config.path.procfs, holders]() -> Result<LibraryUsers> {
    auto found = find_library_users(files, procfs, libraries);
    if (found) {
      found->users = without_holders(files, procfs, found->users, holders);
    }
    return found;
  };
  auto looked = within(patience.files, look);
  if (looked && *looked && (**looked).denied == 0) {
    view.library_users = std::move((**looked).users);
  }
}

// What the firmware knows when IMDS has not told all in time: which instance it is, nothing of its
// interfaces.
InstanceMetadata instance_by_firmware(const Config& config, Files& files,
                                      const GatherPatience& patience) {
  InstanceMetadata metadata;
  metadata.problem = Error{Reason::timeout, 0, "instance metadata"};
  const auto dmi = within(patience.files,
                          [&files, sysfs = config.path.sysfs] { return read_dmi(files, sysfs); });
  if (dmi) {
    metadata.instance_id = dmi->instance_id;
    metadata.instance_type = dmi->instance_type;
  }
  if (!metadata.instance_id.empty() || !metadata.instance_type.empty()) {
    metadata.source = IdentitySource::dmi;
  }
  return metadata;
}

void look_at_instance(const Config& config, Files& files, const Clock& clock,
                      const GatherPatience& patience, HealthView& view) {
  KnownInstance instance;
  instance.configure(config.instance);
  InstanceSource source(config, files, clock);
  const auto metadata = source.latest(*view.now, patience.instance);
  instance.learn(metadata ? *metadata : instance_by_firmware(config, files, patience));
  view.instance = instance.metadata();
  view.instance.problem = instance.problem();
}

}  // namespace

HealthView gather_view(const LoadedConfig& loaded, const std::string& config_file, Files& files,
                       const Clock& clock, std::optional<seconds> watch,
                       const GatherPatience& patience) {
  const Config& config = loaded.config;
  HealthView view;
  view.agent = agent_state(loaded, config_file, files);
  ReadingEngine engine(make_device_scanner(config, files, clock, view.agent->descriptors),
                       engine_limits(config));
  const auto ena = std::make_shared<EnaReader>(files, std::make_unique<PosixEthtoolIoctl>(), clock,
                                               config.path.sysfs, wanted_ena_statistics(false));
  const auto read_ena = [&] { return within(patience.files, [ena] { return ena->read(); }); };
  const SteadyTime begin = clock.now();
  view.now = engine.read();
  view.ena = read_ena();

  look_at_instance(config, files, clock, patience, view);
  view.configured_devices = config.devices.expected;
  view.up_for = time_since_boot();
  view.other_devices = other_devices(files, config.path.sysfs, *view.now);
  // What is installed may be on a file system of the network.
  const HostPaths paths{config.path.root, config.path.sysfs, config.path.procfs};
  view.host = within(patience.files, [&files, paths] { return read_host_facts(files, paths); });
  look_at_owners(config, files, clock, patience, view);
  look_at_libraries(config, files, patience, view);
  if (auto lines = read_kernel_log("/dev/kmsg", words_of_efa, kernel_lines)) {
    view.kernel_log = std::move(*lines);
  }
  view.caller_memlock = own_memlock();
  view.caller_environment = own_environment();
  view.is_root = ::geteuid() == 0;
  view.is_in_container = config.path.root != "/";

  if (watch) {
    const auto spent = clock.now() - begin;
    if (spent < *watch) {
      std::this_thread::sleep_for(*watch - spent);
    }
    view.before = std::exchange(view.now, engine.read());
    // One that has not returned is not asked again.
    view.ena_before = std::exchange(view.ena, view.ena ? read_ena() : std::nullopt);
    view.between = view.now->started - view.before->started;
  }
  return view;
}

}  // namespace efa
