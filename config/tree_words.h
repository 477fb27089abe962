#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/yaml_tree.h"

namespace efa {

/// The path of a key in a section; the root is the empty section.
std::string joined(const std::string& section, std::string_view key);

/// A key for a message, where it may be anything that a file has in place of one.
std::string shown_key(const std::string& key);

/// "a, b, c".
std::string list_of(const std::vector<std::string>& words);

/// What stands in a file, for "found ...".
std::string described(const YamlNode& node);

}  // namespace efa
