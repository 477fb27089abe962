#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/options.h"
#include "config/yaml_tree.h"

namespace efa {

/// Brings what a YAML tree says into a Config.
///
/// Errors   every one is added to `problems`; the option keeps its default
class TreeReader {
 public:
  TreeReader(Config& config, std::vector<YamlProblem>& problems)
      : config_(config), problems_(problems) {}

  void read_root(const YamlNode& root);

 private:
  using SeenKeys = std::map<std::string_view, YamlMark>;
  /// Where an item of a list or map stands in the file, by ValueProblem::item.
  struct Place {
    std::string path;
    YamlMark mark;
  };
  using Places = std::map<std::string, Place>;

  void read_section(const YamlNode& map, const std::string& section);
  void read_key(const YamlNode& key, const YamlNode& value, const std::string& path,
                const std::string& section);
  void read_option(const Option& option, const YamlNode& key, const YamlNode& value);
  void read_scalar(const Option& option, const YamlNode& key, const YamlNode& value);
  void read_list(const Option& option, const TextListOption& type, const YamlNode& value);
  void read_map(const Option& option, const TextMapOption& type, const YamlNode& value);
  void check(const Option& option, const Places& places);
  void unknown_key(const YamlNode& key, const std::string& path, const std::string& section);
  /// Whether a key is a text that has not stood in its map before; says so if not.
  bool sound_key(const YamlNode& key, const std::string& section, SeenKeys& seen);
  void wrong_type(const YamlNode& key, const YamlNode& value, std::string_view path,
                  std::string_view allowed);
  void add(YamlMark mark, std::string_view path, std::string_view message);

  Config& config_;
  std::vector<YamlProblem>& problems_;
};

}  // namespace efa
