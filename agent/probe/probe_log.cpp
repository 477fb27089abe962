#include "agent/probe/probe_log.h"

#include <cstring>
#include <utility>

namespace efa {

ProbeLog::ProbeLog(std::string name, std::string node) {
  device_.name = std::move(name);
  device_.node = std::move(node);
}

double ProbeLog::milliseconds_of_step() const {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin_).count();
}

void ProbeLog::begin(ProbeStep step) {
  const std::lock_guard lock(mutex_);
  under_way_ = step;
  begin_ = Clock::now();
}

void ProbeLog::end(int error) {
  const std::lock_guard lock(mutex_);
  if (!under_way_) {
    return;
  }
  ProbedStep step{*under_way_, ProbeOutcome::ok, {}, {}, milliseconds_of_step()};
  if (error != 0) {
    const char* name = ::strerrorname_np(error);
    step.outcome = ProbeOutcome::failed;
    step.error = name != nullptr ? std::string(name) : "errno " + std::to_string(error);
    step.text = ::strerrordesc_np(error) != nullptr ? ::strerrordesc_np(error) : "unknown error";
  }
  device_.steps.push_back(std::move(step));
  under_way_.reset();
}

void ProbeLog::set_offers(const ProbeOffers& offers) {
  const std::lock_guard lock(mutex_);
  device_.offers = offers;
}

void ProbeLog::set_no_efa() {
  const std::lock_guard lock(mutex_);
  is_efa_ = false;
}

std::optional<ProbedDevice> ProbeLog::told() const {
  const std::lock_guard lock(mutex_);
  if (!is_efa_) {
    return std::nullopt;
  }
  ProbedDevice device = device_;
  if (under_way_) {
    device.steps.push_back({*under_way_, ProbeOutcome::stuck, {}, {}, milliseconds_of_step()});
  }
  return device;
}

}  // namespace efa
