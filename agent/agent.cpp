#include "agent/agent.h"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "agent/collector_list.h"
#include "agent/device_scanner.h"
#include "agent/device_watch.h"
#include "collectors/workload/workload.h"

namespace efa {
namespace {

Files& host_files() {
  static auto* const files = new PosixFiles;
  return *files;
}

const Clock& host_clock() {
  static const auto* const clock = new MonotonicClock;
  return *clock;
}

// One scrape alone has no other chance to learn what the instance is.
constexpr std::chrono::seconds patience_for_instance{2};

// The simulated host moves on whenever somebody looks at it.
class SimulatedScanner final : public DeviceScanner {
 public:
  SimulatedScanner(std::unique_ptr<SimulatedHost> host, std::unique_ptr<DeviceScanner> scanner)
      : host_(std::move(host)), scanner_(std::move(scanner)) {}

  Result<void> scan(Devices& devices) override {
    if (auto advanced = host_->advance(); !advanced) {
      return advanced;
    }
    return scanner_->scan(devices);
  }

 private:
  std::unique_ptr<SimulatedHost> host_;
  std::unique_ptr<DeviceScanner> scanner_;
};

}  // namespace

EngineLimits engine_limits(const Config& config) {
  return {config.reading.timeout, config.reading.threads};
}

ConstantLabels constant_labels(const Config& config, const KnownInstance& instance) {
  ConstantLabels labels = config.labels;
  for (const std::string& name : config.instance.labels_on_every_series) {
    if (const auto value = instance.identity(name); !value.empty()) {
      labels.emplace(name, value);
    }
  }
  return labels;
}

Agent::Agent(Config config, const std::optional<std::string>& simulate, std::uint64_t descriptors,
             Purpose purpose)
    : files_(host_files()),
      clock_(host_clock()),
      simulated_(simulate),
      purpose_(purpose),
      config_(std::move(config)) {
  std::unique_ptr<SimulatedHost> host;
  Config host_config = config_;
  if (simulate) {
    auto made = SimulatedHost::create(*simulate, clock_, SimulatedHost::default_parent());
    if (!made) {
      throw std::runtime_error("--simulate: " + made.error().message());
    }
    host = std::move(*made);
    host_config.path.sysfs = host->sysfs();
    host_config.counters.source = CounterSource::sysfs;  // nobody answers for them by netlink
  }
  auto scanner = make_device_scanner(host_config, files_, clock_, descriptors);
  if (host) {
    scanner = std::make_unique<SimulatedScanner>(std::move(host), std::move(scanner));
  }
  engine_ = std::make_unique<ReadingEngine>(std::move(scanner), engine_limits(config_));
  wire();
}

void Agent::wire() {
  Config wired = config_;
  if (simulated_ && wired.instance.instance_type.empty()) {
    wired.instance.instance_type = *simulated_;
  }
  if (wired.instance.node_name.empty()) {
    const char* const node = std::getenv("NODE_NAME");
    wired.instance.node_name = node == nullptr ? "" : clean_text(node, Workload::longest);
  }
  instance_->configure(wired.instance);
  // What is known by now is kept as long as the same is asked for.
  const bool asks_same =
      instance_source_ && asked_imds_ == wired.instance.imds && asked_tags_ == wired.instance.tags;
  if (!simulated_ && !asks_same) {
    instance_source_ = std::make_unique<InstanceSource>(wired, files_, clock_);
    asked_imds_ = wired.instance.imds;
    asked_tags_ = wired.instance.tags;
  }
  const bool serving = purpose_ == Purpose::serve;
  wired.collectors.process = wired.collectors.process && serving;
  if (simulated_) {
    // Nobody holds anything of devices that are not there, and this host is not theirs.
    wired.collectors.owners = false;
    wired.collectors.allocations = false;
    wired.collectors.host = false;
    wired.collectors.ena = false;
  }
  if (serving && !simulated_ && wired.collectors.events && !watch_) {
    watch_ = make_device_watch(wired, files_, clock_);
  }
  readers_ = make_background_readers(wired, files_, clock_, readers_);
  auto collectors =
      make_collectors(wired, files_, clock_, {instance_, watch_, readers_, health_history_});
  collectors.push_back(
      std::make_unique<Self>(serving ? &statistics_ : nullptr, simulated_.has_value()));
  exposition_ =
      std::make_unique<Exposition>(std::move(collectors), efa::constant_labels(wired, *instance_));
}

std::shared_ptr<const Reading> Agent::scrape(std::string& text, TextFormat format,
                                             std::optional<std::chrono::milliseconds> patience) {
  const auto begin = clock_.now();
  auto reading = patience ? engine_->read(*patience) : engine_->read();
  log_.report(*reading);
  {
    const std::lock_guard lock(mutex_);
    learn_instance(*reading);
    exposition_->write(text, *reading, format);
    last_ = reading;
  }
  statistics_.count_scrape(clock_.now() - begin);
  return reading;
}

void Agent::learn_instance(const Reading& reading) {
  const auto patience = purpose_ == Purpose::once ? patience_for_instance : std::chrono::seconds(0);
  const auto metadata = instance_source_ ? instance_source_->latest(reading, patience) : nullptr;
  if (!metadata) {
    return;
  }
  const auto before = instance_->version();
  instance_->learn(*metadata);
  if (instance_->version() != before) {
    exposition_->set_constant_labels(efa::constant_labels(config_, *instance_));
  }
}

std::shared_ptr<const Reading> Agent::last_reading() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

void Agent::reconfigure(Config config) {
  engine_->set_limits(engine_limits(config));
  const std::lock_guard lock(mutex_);
  config_ = std::move(config);
  wire();
}

Config Agent::config() const {
  const std::lock_guard lock(mutex_);
  return config_;
}

ConstantLabels Agent::constant_labels() const {
  const std::lock_guard lock(mutex_);
  return efa::constant_labels(config_, *instance_);
}

}  // namespace efa
