#include "config/tree_words.h"

#include <algorithm>
#include <cstddef>

#include "config/quoting.h"

namespace efa {

std::string joined(const std::string& section, std::string_view key) {
  return section.empty() ? std::string(key) : section + "." + std::string(key);
}

std::string shown_key(const std::string& key) {
  constexpr std::size_t longest = 64;
  const bool plain = std::all_of(key.begin(), key.end(), [](char c) {
    return c == '_' || c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
  });
  return plain && !key.empty() && key.size() <= longest ? key : shown(key);
}

std::string list_of(const std::vector<std::string>& words) {
  std::string result;
  for (const std::string& word : words) {
    result += (result.empty() ? "" : ", ") + word;
  }
  return result;
}

std::string described(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::scalar:
      return (node.in_quotes ? "the quoted text " : "") + shown(node.text);
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::nothing:
    case YamlNode::Kind::refused:
      break;
  }
  return "nothing";
}

}  // namespace efa
