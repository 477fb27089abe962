#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/background_readers.h"
#include "agent/daemon/reading_log.h"
#include "agent/exposition/exposition.h"
#include "agent/exposition/negotiation.h"
#include "agent/instance_source.h"
#include "agent/self.h"
#include "agent/simulation/simulated_host.h"
#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/engine/reading_engine.h"
#include "collectors/health.h"
#include "collectors/known_instance.h"
#include "collectors/netlink/device_watch.h"
#include "config/config.h"

namespace efa {

/// Reading engine and exposition, wired by a configuration: everything behind a scrape but HTTP.
///
/// Errors   the constructor throws std::runtime_error if the simulation cannot be made; what goes
/// wrong later is
///          in the reading, and in the log once
/// Threads  all members are safe to call concurrently
class Agent {
 public:
  /// Whether there is a running agent to speak of: `once` leaves out what would be about it.
  enum class Purpose : std::uint8_t { serve, once };

  /// `simulate`: the instance type to simulate, if any. `descriptors`: how many this process may
  /// have open.
  Agent(Config config, const std::optional<std::string>& simulate, std::uint64_t descriptors,
        Purpose purpose);

  /// Reads the devices and appends the text of it. `patience`: how long the asker waits, if shorter
  /// than the configured time-out.
  std::shared_ptr<const Reading> scrape(std::string& text, TextFormat format,
                                        std::optional<std::chrono::milliseconds> patience = {});

  /// The last reading; null before the first.
  [[nodiscard]] std::shared_ptr<const Reading> last_reading() const;

  /// Takes over what can change at run time; the rest must be equal. What is known by now and what
  /// is read in the background go on as far as their options are equal; what is installed on the
  /// host is read anew.
  void reconfigure(Config config);

  [[nodiscard]] Config config() const;
  [[nodiscard]] const std::optional<std::string>& simulated_type() const { return simulated_; }
  [[nodiscard]] SelfStatistics& statistics() { return statistics_; }

  /// The labels that stand on every series.
  [[nodiscard]] ConstantLabels constant_labels() const;

 private:
  void wire();
  void learn_instance(const Reading& reading);

  // Never destroyed: a thread that the kernel holds comes back to them when the agent may be gone.
  Files& files_;
  const Clock& clock_;
  SelfStatistics statistics_;
  ReadingLog log_;
  const std::optional<std::string> simulated_;
  const Purpose purpose_;
  std::unique_ptr<ReadingEngine> engine_;
  std::shared_ptr<DeviceWatch> watch_;  // from the first configuration on that wants one

  mutable std::mutex mutex_;  // guards what follows
  const std::shared_ptr<KnownInstance> instance_ = std::make_shared<KnownInstance>();
  std::unique_ptr<InstanceSource> instance_source_;  // null: simulated
  bool asked_imds_ = false;                          // what it was made for
  std::vector<std::string> asked_tags_;
  BackgroundReaders readers_;
  const std::shared_ptr<Health::History> health_history_ = std::make_shared<Health::History>();
  Config config_;
  std::unique_ptr<Exposition> exposition_;
  std::shared_ptr<const Reading> last_;
};

/// How a reader of devices is limited by a configuration.
EngineLimits engine_limits(const Config& config);

/// The constant labels of a configuration: `labels`, and the identity labels that it wants on every
/// series, as far as they are known.
ConstantLabels constant_labels(const Config& config, const KnownInstance& instance);

}  // namespace efa
