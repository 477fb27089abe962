#include "agent/exposition/cold_families.h"

#include <locale>
#include <sstream>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "agent/exposition/family_header.h"

namespace efa {
namespace {

prometheus::MetricType type_of(Kind kind) {
  switch (kind) {
    case Kind::counter:
      return prometheus::MetricType::Counter;
    case Kind::summary:
      return prometheus::MetricType::Summary;
    case Kind::gauge:
    case Kind::info:
      break;
  }
  return prometheus::MetricType::Gauge;
}

}  // namespace

struct ColdFamilies::Impl {
  ConstantLabels constant;
  std::vector<MetricSpec> specs;  // parallel to families
  std::vector<prometheus::MetricFamily> families;
  prometheus::TextSerializer serializer;
  std::ostringstream stream;

  prometheus::ClientMetric& add(const MetricSpec& spec, Labels labels) {
    if (families.empty() || families.back().name != spec.name) {
      families.push_back({std::string(spec.name), std::string(spec.help), type_of(spec.kind), {}});
      specs.push_back(spec);
    }
    prometheus::ClientMetric& metric = families.back().metric.emplace_back();
    for (const Label& label : labels) {
      if (!label.value.empty()) {
        metric.label.push_back({std::string(label.name), std::string(label.value)});
      }
    }
    for (const auto& [name, value] : constant) {
      if (!value.empty() && !has_label(labels, name)) {
        metric.label.push_back({name, value});
      }
    }
    return metric;
  }
};

ColdFamilies::ColdFamilies(const ConstantLabels& constant) : impl_(std::make_unique<Impl>()) {
  impl_->constant = constant;
  impl_->stream.imbue(std::locale::classic());
}

ColdFamilies::~ColdFamilies() = default;

void ColdFamilies::add(const MetricSpec& spec, Labels labels, double value) {
  prometheus::ClientMetric& metric = impl_->add(spec, labels);
  if (spec.kind == Kind::counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

void ColdFamilies::add_summary(const MetricSpec& spec, Labels labels, std::uint64_t count,
                               double sum) {
  prometheus::ClientMetric& metric = impl_->add(spec, labels);
  metric.summary.sample_count = count;
  metric.summary.sample_sum = sum;
}

// The serializer knows the Prometheus format only: its `#` lines are replaced by ours, one family
// after the other.
void ColdFamilies::write(std::string& text, TextFormat format) {
  impl_->stream.str({});
  impl_->serializer.Serialize(impl_->stream, impl_->families);
  const std::string_view lines = impl_->stream.view();
  auto spec = impl_->specs.begin();
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = lines.find('\n', begin) + 1;
    const std::string_view line = lines.substr(begin, end - begin);
    begin = end;
    if (line.starts_with("# TYPE ")) {
      append_family_header(text, *spec++, format);
    } else if (!line.starts_with("# ")) {
      text += line;
    }
  }
}

void ColdFamilies::clear() {
  impl_->families.clear();
  impl_->specs.clear();
}

}  // namespace efa
