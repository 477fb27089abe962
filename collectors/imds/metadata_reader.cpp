#include "collectors/imds/metadata_reader.h"

#include <algorithm>
#include <utility>

namespace efa {
namespace {

struct Field {
  std::string_view path;
  std::string InstanceMetadata::*member;
  bool always_there = false;  // without an answer it is asked for again
};
constexpr Field identity[] = {
    {"instance-id", &InstanceMetadata::instance_id, true},
    {"instance-type", &InstanceMetadata::instance_type, true},
    {"placement/availability-zone", &InstanceMetadata::availability_zone, true},
    {"placement/availability-zone-id", &InstanceMetadata::availability_zone_id},
    {"placement/region", &InstanceMetadata::region},
    {"placement/group-name", &InstanceMetadata::placement_group},
    {"placement/partition-number", &InstanceMetadata::partition_number},
    {"ami-id", &InstanceMetadata::image_id},
    {"instance-life-cycle", &InstanceMetadata::life_cycle},
};

}  // namespace

MetadataReader::MetadataReader(Files& files, MetadataTransport& transport, const Clock& clock,
                               const MetadataSettings& settings)
    : MetadataReader(files, transport, clock, settings, imds_endpoints(settings.imds)) {}

MetadataReader::MetadataReader(Files& files, MetadataTransport& transport, const Clock& clock,
                               MetadataSettings settings,
                               const Result<std::vector<HttpEndpoint>>& endpoints)
    : files_(files),
      clock_(clock),
      settings_(std::move(settings)),
      client_(transport, clock, endpoints ? *endpoints : std::vector<HttpEndpoint>()),
      interfaces_(clock) {
  static_assert(std::size(identity) == identity_size);
  if (!endpoints) {
    known_.problem = endpoints.error();
  }
  for (const std::string& key : settings_.tags) {
    if (is_tag_in_metadata(key)) {
      tags_due_[key] = {};
    }
  }
}

InstanceMetadata MetadataReader::read(const Question& macs) {
  if (dmi_.vendor == Dmi::Vendor::unknown) {
    dmi_ = read_dmi(files_, settings_.sysfs);
  }
  if (!is_elsewhere() && client_.ready()) {
    ask(macs);
  }
  return answer();
}

bool MetadataReader::is_elsewhere() const {
  return dmi_.vendor == Dmi::Vendor::other && settings_.imds.endpoint.empty();
}

void MetadataReader::ask(const Question& macs) {
  Inquiry inquiry(client_, clock_, clock_.now() + longest_round);
  read_identity(inquiry);
  read_tags(inquiry);
  interfaces_.refresh(macs, inquiry);
  if (inquiry.asked()) {
    client_.rest();
    known_.problem = inquiry.problem();
  }
}

void MetadataReader::read_identity(Inquiry& inquiry) {
  if (clock_.now() < identity_due_) {
    return;
  }
  for (std::size_t i = 0; i < identity_size && !inquiry.over(); ++i) {
    if (answered_[i]) {
      continue;
    }
    if (auto value = inquiry.value(identity[i].path)) {
      answered_[i] = !value->empty() || !identity[i].always_there;
      known_.*identity[i].member = std::move(*value);
    }
  }
  if (!inquiry.over()) {
    identity_due_ = clock_.now() + age;
  }
}

void MetadataReader::read_tags(Inquiry& inquiry) {
  for (auto& [key, due] : tags_due_) {
    if (inquiry.over() || clock_.now() < due) {
      continue;
    }
    auto value = inquiry.value("tags/instance/" + key);
    if (inquiry.stopped()) {
      continue;
    }
    due = clock_.now() + age;
    if (value && value->empty()) {
      known_.tags.erase(key);
    } else if (value) {
      known_.tags[key] = std::move(*value);
    }
  }
}

InstanceMetadata MetadataReader::answer() const {
  InstanceMetadata metadata = known_;
  metadata.interfaces = interfaces_.interfaces();
  metadata.interfaces_complete = interfaces_.is_complete();
  if (metadata.region.empty()) {  // of instances launched before IMDS told it
    metadata.region = region_of_zone(metadata.availability_zone);
  }
  if (!metadata.instance_id.empty() || !metadata.instance_type.empty()) {
    metadata.source = IdentitySource::imds;
  }
  if (metadata.instance_id.empty()) {
    metadata.instance_id = dmi_.instance_id;
  }
  if (metadata.instance_type.empty()) {
    metadata.instance_type = dmi_.instance_type;
  }
  const bool known = !metadata.instance_id.empty() || !metadata.instance_type.empty();
  if (metadata.source == IdentitySource::none && known) {
    metadata.source = IdentitySource::dmi;
  }
  return metadata;
}

}  // namespace efa
