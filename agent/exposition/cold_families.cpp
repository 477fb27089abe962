#include "agent/exposition/cold_families.h"

#include <array>
#include <cstring>
#include <locale>
#include <sstream>
#include <string>
#include <string_view>
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

// Samples as they were given, in bytes that can be compared: labels, then one number or two.
class SampleBytes {
 public:
  void clear() { bytes_.clear(); }
  bool operator==(const SampleBytes&) const = default;

  void add(Labels labels, double value, std::uint64_t count) {
    for (const Label& label : labels) {
      add_text(label.name);
      add_text(label.value);
    }
    add_text({});  // no label has an empty name
    add_number(value);
    add_number(count);
  }

  struct Sample {
    std::vector<Label> labels;
    double value = 0;
    std::uint64_t count = 0;
  };
  template <typename Visit>
  void for_each(const Visit& visit) const {
    Sample sample;
    for (const char* at = bytes_.data(); at != bytes_.data() + bytes_.size();) {
      sample.labels.clear();
      for (auto name = take_text(at); !name.empty(); name = take_text(at)) {
        sample.labels.push_back({name, take_text(at)});
      }
      take_number(at, sample.value);
      take_number(at, sample.count);
      visit(sample);
    }
  }

 private:
  template <typename Number>
  void add_number(Number number) {
    std::array<char, sizeof number> bytes;
    std::memcpy(bytes.data(), &number, sizeof number);
    bytes_.append(bytes.data(), bytes.size());
  }
  void add_text(std::string_view text) {
    add_number(text.size());
    bytes_.append(text);
  }
  template <typename Number>
  static void take_number(const char*& at, Number& number) {
    std::memcpy(&number, at, sizeof number);
    at += sizeof number;
  }
  static std::string_view take_text(const char*& at) {
    std::size_t size = 0;
    take_number(at, size);
    const std::string_view text(at, size);
    at += size;
    return text;
  }

  std::string bytes_;
};

struct Family {
  std::string name;
  MetricSpec spec;
  SampleBytes samples;
  std::array<std::string, 2> texts;  // by format; empty: not made yet
};

}  // namespace

// Most families say in a scrape what they said in the one before: their text is kept.
struct ColdFamilies::Impl {
  ConstantLabels constant;
  std::vector<Family> families;
  std::size_t used = 0;  // of this scrape
  MetricSpec spec;       // of the family that is being added
  SampleBytes samples;
  bool is_adding = false;
  prometheus::TextSerializer serializer;
  std::ostringstream stream;

  void add(const MetricSpec& of, Labels labels, double value, std::uint64_t count) {
    if (!is_adding || spec.name != of.name) {
      end_family();
      spec = of;
      is_adding = true;
    }
    samples.add(labels, value, count);
  }

  void end_family() {
    if (!is_adding) {
      return;
    }
    if (used == families.size()) {
      families.emplace_back();
    }
    Family& family = families[used++];
    const bool is_same = family.name == spec.name && family.samples == samples;
    family.name = spec.name;
    family.spec = spec;
    if (!is_same) {
      std::swap(family.samples, samples);
      family.texts = {};
    }
    samples.clear();
    is_adding = false;
  }

  [[nodiscard]] prometheus::ClientMetric metric_of(const MetricSpec& of,
                                                   const SampleBytes::Sample& sample) const {
    prometheus::ClientMetric metric;
    for (const Label& label : sample.labels) {
      if (!label.value.empty()) {
        metric.label.push_back({std::string(label.name), std::string(label.value)});
      }
    }
    for (const auto& [name, value] : constant) {
      if (!value.empty() && !has_label(Labels(sample.labels), name)) {
        metric.label.push_back({name, value});
      }
    }
    if (of.kind == Kind::summary) {
      metric.summary.sample_count = sample.count;
      metric.summary.sample_sum = sample.value;
    } else if (of.kind == Kind::counter) {
      metric.counter.value = sample.value;
    } else {
      metric.gauge.value = sample.value;
    }
    return metric;
  }

  // The serializer knows the Prometheus format only: its `#` lines are replaced by ours.
  std::string text_of(const Family& family, TextFormat format) {
    prometheus::MetricFamily made{std::string(family.spec.name),
                                  std::string(family.spec.help),
                                  type_of(family.spec.kind),
                                  {}};
    family.samples.for_each([&](const SampleBytes::Sample& sample) {
      made.metric.push_back(metric_of(family.spec, sample));
    });
    stream.str({});
    serializer.Serialize(stream, {made});
    const std::string_view lines = stream.view();
    std::string text;
    append_family_header(text, family.spec, format);
    for (std::size_t begin = 0; begin < lines.size();) {
      const std::size_t end = lines.find('\n', begin) + 1;
      const std::string_view line = lines.substr(begin, end - begin);
      begin = end;
      if (!line.starts_with("# ")) {
        text += line;
      }
    }
    return text;
  }
};

ColdFamilies::ColdFamilies(const ConstantLabels& constant) : impl_(std::make_unique<Impl>()) {
  impl_->constant = constant;
  impl_->stream.imbue(std::locale::classic());
}

ColdFamilies::~ColdFamilies() = default;

void ColdFamilies::add(const MetricSpec& spec, Labels labels, double value) {
  impl_->add(spec, labels, value, 0);
}

void ColdFamilies::add_summary(const MetricSpec& spec, Labels labels, std::uint64_t count,
                               double sum) {
  impl_->add(spec, labels, sum, count);
}

void ColdFamilies::write(std::string& text, TextFormat format) {
  impl_->end_family();
  for (std::size_t i = 0; i < impl_->used; ++i) {
    Family& family = impl_->families[i];
    std::string& made = family.texts[static_cast<std::size_t>(format)];
    if (made.empty()) {
      made = impl_->text_of(family, format);
    }
    text += made;
  }
}

void ColdFamilies::clear() {
  impl_->end_family();
  impl_->families.resize(impl_->used);
  impl_->used = 0;
}

}  // namespace efa
