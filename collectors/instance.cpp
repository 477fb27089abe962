#include "collectors/instance.h"

#include <cctype>
#include <string>
#include <vector>

#include "collectors/catalogue/agent_metrics.h"
#include "config/instance_types.h"
#include "config/labels.h"

namespace efa {
namespace {

constexpr double bytes_per_gigabit = 1e9 / 8;

std::string_view yes_or_no(bool value) { return value ? "yes" : "no"; }

}  // namespace

std::string tag_label(std::string_view key) {
  std::string label = "tag_";
  for (const char character : key) {
    const auto byte = static_cast<unsigned char>(character);
    label += byte < 0x80U && std::isalnum(byte) != 0 ? character : '_';
  }
  return label;
}

bool Instance::collect(const Reading& /*reading*/, SampleSink& sink) {
  add_info(sink);
  add_type(sink);
  return true;
}

void Instance::add_info(SampleSink& sink) const {
  std::vector<Label> labels;
  bool is_known = false;
  for (const std::string_view name : identity_labels) {
    labels.push_back({name, instance_->identity(name)});
    is_known = is_known || !labels.back().value.empty();
  }
  if (!is_known) {
    return;
  }
  std::vector<std::string> names;  // of tags; two keys may come to one
  const auto& tags = instance_->metadata().tags;
  names.reserve(tags.size());
  for (const auto& [key, value] : tags) {
    std::string name = tag_label(key);
    bool is_new = true;
    for (const std::string& other : names) {
      is_new = is_new && other != name;
    }
    if (is_new) {
      names.push_back(std::move(name));
      labels.push_back({names.back(), value});
    }
  }
  sink.add(metric::instance_info, Labels(labels), 1);
}

void Instance::add_type(SampleSink& sink) const {
  const std::string& name = instance_->metadata().instance_type;
  if (name.empty()) {
    return;
  }
  const auto type = find_instance_type(name);
  sink.add(metric::instance_supported, {{"instance_type", name}}, type ? 1 : 0);
  if (!type) {
    return;
  }
  sink.add(metric::instance_type_info,
           {{"instance_type", name},
            {"generation", type->efa_generation},
            {"nitro_version", type->nitro_version},
            {"rdma_read", yes_or_no(type->rdma_read)},
            {"rdma_write", yes_or_no(type->rdma_write)},
            {"accelerator", type->accelerator_name},
            {"first_of_2019", yes_or_no(type->launched_2019)}},
           1);
  if (type->aggregate_network_gbps) {
    sink.add(metric::instance_network, {}, *type->aggregate_network_gbps * bytes_per_gigabit);
  }
}

}  // namespace efa
