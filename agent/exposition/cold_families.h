#pragma once

#include <memory>
#include <string>

#include "agent/exposition/label_text.h"
#include "agent/exposition/negotiation.h"
#include "collectors/collector.h"

namespace efa {

/// Families whose samples are told in each scrape: made in prometheus-cpp's data model, and their
/// text by its serializer.
///
/// Cost     a family that has not changed since the last scrape: a comparison
/// Units    numbers are doubles here; the exact 64-bit counters take another way (LinePlan)
/// Threads  one at a time
class ColdFamilies final : public SampleSink {
 public:
  explicit ColdFamilies(const ConstantLabels& constant);
  ColdFamilies(const ColdFamilies&) = delete;
  ColdFamilies& operator=(const ColdFamilies&) = delete;
  ~ColdFamilies() override;

  void add(const MetricSpec& spec, Labels labels, double value) override;
  void add_summary(const MetricSpec& spec, Labels labels, std::uint64_t count, double sum) override;

  /// Appends the text of what was added.
  void write(std::string& text, TextFormat format);
  /// Forgets what was added.
  void clear();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace efa
