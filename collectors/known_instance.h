#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/base/result.h"
#include "collectors/imds/instance_metadata.h"
#include "config/config.h"

namespace efa {

/// What is known of the instance now. What is configured counts before what EC2 says.
///
/// Threads  one at a time
class KnownInstance {
 public:
  void configure(const Config::Instance& configured);
  void learn(const InstanceMetadata& metadata);

  /// Without a problem: that is told by problem().
  [[nodiscard]] const InstanceMetadata& metadata() const { return known_; }
  /// Why EC2 did not tell all, if it did not when it was asked last.
  [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }
  [[nodiscard]] const std::string& node_name() const { return configured_.node_name; }
  /// The value of one of identity_labels; empty if it is not known.
  [[nodiscard]] std::string_view identity(std::string_view label) const;
  /// Another number each time that something has changed.
  [[nodiscard]] std::uint64_t version() const { return version_; }

 private:
  void merge();

  Config::Instance configured_;
  InstanceMetadata learned_;
  InstanceMetadata known_;
  std::optional<Error> problem_;
  std::uint64_t version_ = 0;
};

}  // namespace efa
