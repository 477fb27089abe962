#pragma once

#include <memory>

#include "collectors/collector.h"
#include "collectors/known_instance.h"

namespace efa {

/// What is known of the EC2 instance, and what the table of instance types says of its type.
class Instance final : public Collector {
 public:
  static constexpr std::string_view collector_name = "instance";

  explicit Instance(std::shared_ptr<const KnownInstance> instance)
      : instance_(std::move(instance)) {}

  [[nodiscard]] std::string_view name() const override { return collector_name; }
  bool collect(const Reading& reading, SampleSink& sink) override;

 private:
  void add_info(SampleSink& sink) const;
  void add_type(SampleSink& sink) const;

  std::shared_ptr<const KnownInstance> instance_;
};

/// The label of an instance tag: "aws:parallelcluster:cluster-name" is
/// tag_aws_parallelcluster_cluster_name, as in Prometheus' own discovery of EC2 instances.
std::string tag_label(std::string_view key);

}  // namespace efa
