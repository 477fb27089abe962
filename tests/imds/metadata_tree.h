#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace efa::test {

/// What an IMDS holds: values by their path below /latest/meta-data/. Folders follow from the
/// paths.
class MetadataTree {
 public:
  MetadataTree& set(const std::string& path, std::string value);
  /// Removes a value, or a folder with all that is in it.
  MetadataTree& remove(std::string_view path);

  /// A value, or a folder's names; nothing if there is neither.
  [[nodiscard]] std::optional<std::string> find(std::string_view path) const;
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& values() const {
    return values_;
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace efa::test
