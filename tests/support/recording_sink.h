#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/collector.h"

namespace efa::test {

/// Remembers what collectors publish, in their order.
class RecordingSink final : public SeriesPlan {
 public:
  /// Where the value of a series comes from, if it is not a constant.
  struct Source {
    std::size_t device = 0;
    std::optional<std::size_t> slot;  // of a counter
    std::optional<State> state;

    bool operator==(const Source&) const = default;
  };
  struct Series {
    std::string name;
    std::string labels;  // device="rdmap0s6",port="1"
    Kind kind = Kind::gauge;
    std::string help;
    double value = 0;
    std::optional<Source> source;
    bool has_empty_label = false;
  };

  void add(const MetricSpec& spec, Labels labels, double value) override {
    record(spec, labels).value = value;
  }
  void add_summary(const MetricSpec& spec, Labels labels, std::uint64_t /*count*/,
                   double sum) override {
    record(spec, labels).value = sum;
  }
  void add_counter(const MetricSpec& spec, Labels labels, std::size_t device,
                   std::size_t slot) override {
    record(spec, labels).source = Source{device, slot, {}};
  }
  void add_state(const MetricSpec& spec, Labels labels, std::size_t device, State state) override {
    record(spec, labels).source = Source{device, {}, state};
  }

  [[nodiscard]] const std::vector<Series>& series() const { return series_; }

  /// The series of that name and those labels; null if there is none. Of two, the first.
  [[nodiscard]] const Series* find(std::string_view name, std::string_view labels = {}) const {
    const auto found = std::find_if(series_.begin(), series_.end(), [&](const Series& one) {
      return one.name == name && one.labels == labels;
    });
    return found == series_.end() ? nullptr : &*found;
  }
  /// The names of the families, in their order; one that is not contiguous is there twice.
  [[nodiscard]] std::vector<std::string> families() const {
    std::vector<std::string> names;
    for (const Series& one : series_) {
      if (names.empty() || names.back() != one.name) {
        names.push_back(one.name);
      }
    }
    return names;
  }
  [[nodiscard]] bool families_are_contiguous() const {
    std::vector<std::string> names = families();
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) == names.end();
  }
  /// Whether no two series have the same name and labels.
  [[nodiscard]] bool series_are_unique() const {
    std::vector<std::pair<std::string, std::string>> all;
    all.reserve(series_.size());
    for (const Series& one : series_) {
      all.emplace_back(one.name, one.labels);
    }
    std::sort(all.begin(), all.end());
    return std::adjacent_find(all.begin(), all.end()) == all.end();
  }

 private:
  Series& record(const MetricSpec& spec, Labels labels) {
    Series series{std::string(spec.name), {}, spec.kind, std::string(spec.help), 0, {}, false};
    for (const Label& label : labels) {
      if (!series.labels.empty()) {
        series.labels += ',';
      }
      series.labels += std::string(label.name) + "=\"" + std::string(label.value) + '"';
      series.has_empty_label = series.has_empty_label || label.value.empty();
    }
    return series_.emplace_back(std::move(series));
  }

  std::vector<Series> series_;
};

}  // namespace efa::test
