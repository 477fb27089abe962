#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace efa {

/// Where something stands in a text, from 1.
struct YamlMark {
  int line = 1;
  int column = 1;

  friend bool operator<(const YamlMark& a, const YamlMark& b) {
    return a.line != b.line ? a.line < b.line : a.column < b.column;
  }
};

/// A value in a YAML document, with what a typed reader needs to know of how it was written.
struct YamlNode {
  enum class Kind : std::uint8_t {
    nothing,  // no text, null or ~
    scalar,
    list,
    map,
    refused  // an alias or a tagged value: told as a problem already
  };

  Kind kind = Kind::nothing;
  YamlMark mark;
  std::string text;             // of a scalar
  bool in_quotes = false;       // of a scalar
  std::vector<YamlNode> keys;   // of a map, in file order, duplicates included
  std::vector<YamlNode> items;  // of a list; of a map, the values, one for each key
};

struct YamlProblem {
  YamlMark mark;
  std::string message;
};

struct YamlTree {
  std::optional<YamlNode> root;  // nothing: an empty document. Up to where the text is sound.
  std::vector<YamlProblem> problems;
};

/// The tree of a text that must be one YAML document in UTF-8 without aliases and tags, not deeply
/// nested. Never throws for what the text says.
YamlTree parse_yaml(const std::string& text);

}  // namespace efa
