#include "agent/exposition/exposition.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "collectors/catalogue/agent_metrics.h"

namespace efa {

Exposition::Exposition(Collectors collectors, ConstantLabels constant)
    : collectors_(std::move(collectors)), constant_(std::move(constant)), cold_(constant_) {}

void Exposition::set_constant_labels(ConstantLabels constant) {
  if (constant != constant_) {
    constant_ = std::move(constant);
    cold_.emplace(constant_);
    plan_.reset();
  }
}

void Exposition::renew_plan(const Reading& reading) {
  const bool same =
      plan_ && std::equal(reading.devices.begin(), reading.devices.end(), planned_.begin(),
                          planned_.end(), [](const DeviceReading& device, const auto& layout) {
                            return device.layout == layout;
                          });
  const bool is_outdated =
      std::any_of(collectors_.begin(), collectors_.end(),
                  [](const auto& collector) { return collector->is_outdated(); });
  if (same && !is_outdated) {
    return;
  }
  DeviceLayouts layouts;
  for (const DeviceReading& device : reading.devices) {
    layouts.push_back(device.layout);
  }
  auto plan = std::make_unique<LinePlan>(constant_);
  for (const auto& collector : collectors_) {
    collector->describe(layouts, *plan);
  }
  plan->finish();
  plan_ = std::move(plan);
  planned_ = std::move(layouts);
}

// A collector that throws has failed; the others have not.
void Exposition::collect(const Reading& reading) {
  outcomes_.clear();
  for (const auto& collector : collectors_) {
    const auto begin = std::chrono::steady_clock::now();
    Outcome outcome;
    try {
      outcome.success = collector->collect(reading, *cold_);
    } catch (const std::exception&) {
      outcome.success = false;
    }
    const auto spent = std::chrono::steady_clock::now() - begin + collector->time_reading(reading);
    outcome.seconds = std::chrono::duration<double>(spent).count();
    outcomes_.push_back(outcome);
  }
  for (std::size_t i = 0; i < collectors_.size(); ++i) {
    cold_->add(metric::collector_success, {{"collector", collectors_[i]->name()}},
               outcomes_[i].success ? 1 : 0);
  }
  for (std::size_t i = 0; i < collectors_.size(); ++i) {
    cold_->add(metric::collector_duration, {{"collector", collectors_[i]->name()}},
               outcomes_[i].seconds);
  }
}

void Exposition::write(std::string& text, const Reading& reading, TextFormat format) {
  renew_plan(reading);
  plan_->write(text, reading, format);
  collect(reading);
  cold_->write(text, format);
  cold_->clear();
  if (format == TextFormat::openmetrics) {
    text += "# EOF\n";
  }
}

}  // namespace efa
