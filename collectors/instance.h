#pragma once

#include "collectors/collector.h"
#include "config/config.h"

namespace efa {

/// What is known of the EC2 instance: for now what is configured.
class Instance final : public Collector {
 public:
  static constexpr std::string_view collector_name = "instance";

  explicit Instance(Config::Instance instance) : instance_(std::move(instance)) {}

  [[nodiscard]] std::string_view name() const override { return collector_name; }
  void describe(const DeviceLayouts& devices, SeriesPlan& plan) override;
  bool collect(const Reading& /*reading*/, SampleSink& /*sink*/) override { return true; }

 private:
  Config::Instance instance_;
};

}  // namespace efa
