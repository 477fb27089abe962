#include "tests/imds/metadata_tree.h"

#include <utility>

namespace efa::test {

MetadataTree& MetadataTree::set(const std::string& path, std::string value) {
  values_[path] = std::move(value);
  return *this;
}

MetadataTree& MetadataTree::remove(std::string_view path) {
  const std::string folder = std::string(path) + '/';
  std::erase_if(values_, [&](const auto& entry) {
    return entry.first == path || entry.first.starts_with(folder);
  });
  return *this;
}

std::optional<std::string> MetadataTree::find(std::string_view path) const {
  if (const auto value = values_.find(path); value != values_.end()) {
    return value->second;
  }
  std::string folder(path);
  if (!folder.empty() && !folder.ends_with('/')) {
    folder += '/';
  }
  std::string names;
  std::string last;
  for (auto each = values_.lower_bound(folder);
       each != values_.end() && each->first.starts_with(folder); ++each) {
    const std::string rest = each->first.substr(folder.size());
    const std::string name = rest.substr(0, std::min(rest.find('/'), rest.size() - 1) + 1);
    if (name != last) {
      names += (names.empty() ? "" : "\n") + name;
      last = name;
    }
  }
  return names.empty() ? std::nullopt : std::optional(names);
}

}  // namespace efa::test
