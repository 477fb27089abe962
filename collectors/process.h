#pragma once

#include "collectors/collector.h"
#include "collectors/proc/own_process.h"

namespace efa {

/// The agent's own use of the host, under the names that every client library gives them.
class Process final : public Collector {
 public:
  static constexpr std::string_view collector_name = "process";

  explicit Process(OwnProcess reader) : reader_(std::move(reader)) {}

  [[nodiscard]] std::string_view name() const override { return collector_name; }
  bool collect(const Reading& reading, SampleSink& sink) override;

 private:
  OwnProcess reader_;
};

}  // namespace efa
