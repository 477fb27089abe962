#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/exposition/label_text.h"
#include "agent/exposition/line_plan.h"
#include "agent/exposition/negotiation.h"
#include "collectors/collector.h"

namespace efa {

/// Makes the text of a scrape from a reading: what the collectors say of it, in their order, each
/// family once and in one piece; then how each collector fared.
///
/// Cost     the series of devices: see LinePlan; made anew only when a device changes
/// Threads  one at a time
class Exposition {
 public:
  using Collectors = std::vector<std::unique_ptr<Collector>>;

  Exposition(Collectors collectors, ConstantLabels constant);

  /// From the next scrape on.
  void set_constant_labels(ConstantLabels constant);

  /// Appends the text of one scrape.
  void write(std::string& text, const Reading& reading, TextFormat format);

 private:
  void renew_plan(const Reading& reading);
  void collect(const Reading& reading);

  Collectors collectors_;
  ConstantLabels constant_;
  DeviceLayouts planned_;  // what plan_ was made for
  std::unique_ptr<LinePlan> plan_;
  std::optional<ColdFamilies> cold_;  // always there

  struct Outcome {
    bool success = false;
    double seconds = 0;
  };
  std::vector<Outcome> outcomes_;  // parallel to collectors_
};

}  // namespace efa
