#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "collectors/collector.h"
#include "collectors/netlink/device_watch.h"

namespace efa {

/// How many devices have come, gone and been renamed since the agent started.
class Events final : public Collector {
 public:
  static constexpr std::string_view collector_name = "events";

  explicit Events(std::shared_ptr<DeviceWatch> watch) : watch_(std::move(watch)) {}

  [[nodiscard]] std::string_view name() const override { return collector_name; }
  void describe(const DeviceLayouts& devices, SeriesPlan& plan) override;
  bool collect(const Reading& reading, SampleSink& sink) override;

 private:
  std::shared_ptr<DeviceWatch> watch_;
  std::vector<NamedDevice> devices_;  // of the last description
  bool is_new_ = false;
  std::optional<SteadyTime> last_;  // reading
};

}  // namespace efa
