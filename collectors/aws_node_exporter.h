#pragma once

#include <vector>

#include "collectors/collector.h"

namespace efa {

/// The series of AWS's EFA node exporter beside our own, so that dashboards made for it go on
/// working: `node_amazonefa_<file>{device,port}` for every file of a port's hw_counters that it
/// knows, `lifespan` included, all typed counter, and `node_amazonefa_info{device}`. It reads
/// device counters only below a port, where drivers since release 1.14 have none.
class AwsNodeExporter final : public Collector {
 public:
  static constexpr std::string_view collector_name = "aws_node_exporter";

  AwsNodeExporter();

  [[nodiscard]] std::string_view name() const override { return collector_name; }
  void describe(const DeviceLayouts& devices, SeriesPlan& plan) override;
  bool collect(const Reading& /*reading*/, SampleSink& /*sink*/) override { return true; }

 private:
  std::vector<std::string> names_;  // parallel to the catalogue of hardware counters
};

}  // namespace efa
