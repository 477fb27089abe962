#include "collectors/known_instance.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "config/labels.h"

namespace efa {
namespace {

void override_with(const std::string& configured, std::string& value) {
  if (!configured.empty()) {
    value = configured;
  }
}

}  // namespace

void KnownInstance::configure(const Config::Instance& configured) {
  configured_ = configured;
  merge();
}

void KnownInstance::learn(const InstanceMetadata& metadata) {
  learned_ = metadata;
  problem_ = std::exchange(learned_.problem, std::nullopt);
  merge();
}

void KnownInstance::merge() {
  InstanceMetadata known = learned_;
  override_with(configured_.instance_id, known.instance_id);
  override_with(configured_.instance_type, known.instance_type);
  override_with(configured_.availability_zone, known.availability_zone);
  override_with(configured_.availability_zone_id, known.availability_zone_id);
  override_with(configured_.region, known.region);
  override_with(configured_.placement_group, known.placement_group);
  override_with(configured_.image_id, known.image_id);
  if (version_ == 0 || known != known_) {
    known_ = std::move(known);
    ++version_;
  }
}

std::string_view KnownInstance::identity(std::string_view label) const {
  const std::string_view values[] = {known_.instance_id,
                                     known_.instance_type,
                                     known_.availability_zone,
                                     known_.availability_zone_id,
                                     known_.region,
                                     known_.placement_group,
                                     known_.image_id,
                                     configured_.node_name};
  static_assert(std::size(values) == std::size(identity_labels));
  const auto* at = std::find(std::begin(identity_labels), std::end(identity_labels), label);
  return at == std::end(identity_labels) ? std::string_view()
                                         : values[at - std::begin(identity_labels)];
}

}  // namespace efa
