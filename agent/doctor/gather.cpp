#include "agent/doctor/gather.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <future>
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
#include "agent/instance_source.h"
#include "agent/ownership.h"
#include "collectors/ena.h"
#include "collectors/engine/reading_engine.h"
#include "collectors/ethtool/ena_reader.h"
#include "collectors/host/facts.h"
#include "collectors/imds/http_transport.h"
#include "collectors/known_instance.h"
#include "collectors/proc/boot_time.h"
#include "collectors/proc/kernel_log.h"
#include "collectors/workload/mapped_libraries.h"

namespace efa {
namespace {

using std::chrono::seconds;

constexpr seconds patience_for_instance{5};
constexpr seconds patience_for_owners{10};
constexpr seconds patience_for_files{5};
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

// What `make` makes, if it does within the patience: some things take a lock of the kernel that a
// sick driver may hold for as long as it likes. What `make` refers to must be there for ever.
template <typename Make>
auto within(seconds patience, Make make) -> std::optional<decltype(make())> {
  auto task = std::make_shared<std::packaged_task<decltype(make())()>>(std::move(make));
  auto made = task->get_future();
  std::thread([task] { (*task)(); }).detach();
  if (made.wait_for(patience) != std::future_status::ready) {
    return std::nullopt;
  }
  return made.get();
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

void look_at_owners(const Config& config, Files& files, const Clock& clock, HealthView& view) {
  const auto refresher = make_ownership(config, files, clock);
  const auto ownership = refresher->latest(named(*view.now), patience_for_owners);
  if (!ownership) {
    return;
  }
  view.ownership = *ownership;
  for (const Owner& owner : ownership->owners) {
    for (const auto& [pid, start_ticks] : owner.members) {
      Holder holder{pid, owner.workload.owner, owner.workload.command, {}, {}};
      if (const auto limit = read_memlock_limit(files, config.path.procfs, pid)) {
        holder.memlock = *limit;
      }
      if (auto environment = read_environment(files, config.path.procfs, pid, start_ticks)) {
        holder.environment = std::move(*environment);
      }
      view.holders.push_back(std::move(holder));
    }
  }
}

// Those that hold something of an EFA are no question.
void look_at_libraries(const Config& config, Files& files, HealthView& view) {
  auto looked = within(patience_for_files, [&files, procfs = config.path.procfs] {
    return find_library_users(files, procfs, libraries);
  });
  if (!looked || !*looked || (**looked).denied > 0) {
    return;
  }
  auto& found = *looked;
  std::erase_if(found->users, [&](const LibraryUser& user) {
    return std::any_of(view.holders.begin(), view.holders.end(),
                       [&](const Holder& holder) { return holder.pid == user.pid; });
  });
  view.library_users = std::move(found->users);
}

void look_at_instance(const Config& config, Files& files, const Clock& clock, HealthView& view) {
  KnownInstance instance;
  instance.configure(config.instance);
  InstanceSource source(config, files, clock);
  if (const auto metadata = source.latest(*view.now, patience_for_instance)) {
    instance.learn(*metadata);
    view.instance = instance.metadata();
    view.instance.problem = instance.problem();
  } else {
    view.instance = instance.metadata();
    view.instance.problem = Error{Reason::timeout, 0, "instance metadata"};
  }
}

}  // namespace

HealthView gather_view(const LoadedConfig& loaded, const std::string& config_file, Files& files,
                       const Clock& clock, std::optional<seconds> watch) {
  const Config& config = loaded.config;
  HealthView view;
  view.agent = agent_state(loaded, config_file, files);
  ReadingEngine engine(make_device_scanner(config, files, clock, view.agent->descriptors),
                       engine_limits(config));
  const auto ena = std::make_shared<EnaReader>(files, std::make_unique<PosixEthtoolIoctl>(), clock,
                                               config.path.sysfs, wanted_ena_statistics(false));
  const auto read_ena = [&] { return within(patience_for_files, [ena] { return ena->read(); }); };
  const SteadyTime begin = clock.now();
  view.now = engine.read();
  view.ena = read_ena();

  look_at_instance(config, files, clock, view);
  view.configured_devices = config.devices.expected;
  view.up_for = time_since_boot();
  view.other_devices = other_devices(files, config.path.sysfs, *view.now);
  view.host = read_host_facts(files, {config.path.root, config.path.sysfs, config.path.procfs});
  look_at_owners(config, files, clock, view);
  look_at_libraries(config, files, view);
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
