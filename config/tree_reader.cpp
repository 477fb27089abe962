#include "config/tree_reader.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>

#include "config/near_miss.h"
#include "config/option_values.h"
#include "config/quoting.h"
#include "config/tree_words.h"

namespace efa {
namespace {

using Kind = YamlNode::Kind;

/// The part of a key path that stands below `section`, up to the next dot; empty if it is
/// elsewhere.
std::string key_in(const std::string& section, std::string_view path) {
  if (!section.empty()) {
    if (!path.starts_with(section + ".")) {
      return {};
    }
    path.remove_prefix(section.size() + 1);
  }
  return std::string(path.substr(0, path.find('.')));
}

std::vector<std::string> keys_of(const std::string& section) {
  std::vector<std::string> keys;
  for (const Option& option : options()) {
    std::string key = key_in(section, option.path);
    if (!key.empty() && (keys.empty() || keys.back() != key)) {
      keys.push_back(std::move(key));
    }
  }
  return keys;
}

/// The options that a key may mean that stands in the wrong section, or is written as a path.
std::string elsewhere(const std::string& key, const std::string& path) {
  std::vector<std::string> paths;
  for (const Option& option : options()) {
    paths.emplace_back(option.path);
    if (option.path.ends_with("." + key) || option.path == key) {
      return std::string(option.path);
    }
  }
  return near_miss(path, paths);
}

/// Whether quotes make another type of the value: "40" is a text, and no number.
bool quotes_matter(const Option& option) {
  return std::holds_alternative<FlagOption>(option.type) ||
         std::holds_alternative<NumberOption>(option.type) ||
         std::holds_alternative<NumberOrAutoOption>(option.type);
}

}  // namespace

void TreeReader::add(YamlMark mark, std::string_view path, std::string_view message) {
  std::string text(path);
  text.append(text.empty() ? "" : ": ").append(message);
  problems_.push_back({mark, std::move(text)});
}

void TreeReader::wrong_type(const YamlNode& key, const YamlNode& value, std::string_view path,
                            std::string_view allowed) {
  // A value that is refused has been told; one that is not there has no place of its own.
  if (value.kind != Kind::refused) {
    add(value.kind == Kind::nothing ? key.mark : value.mark, path,
        problem_message(described(value), allowed));
  }
}

void TreeReader::read_root(const YamlNode& root) {
  if (root.kind == Kind::map) {
    read_section(root, "");
  } else if (root.kind != Kind::nothing) {
    wrong_type(root, root, "", "a map of " + list_of(keys_of("")));
  }
}

bool TreeReader::sound_key(const YamlNode& key, const std::string& section, SeenKeys& seen) {
  if (key.kind != Kind::scalar) {
    wrong_type(key, key, section, "a text as key");
    return false;
  }
  const auto [before, is_new] = seen.emplace(key.text, key.mark);
  if (!is_new) {
    add(key.mark, joined(section, shown_key(key.text)),
        "found the key again, first in line " + std::to_string(before->second.line) +
            "; allowed is each key once");
  }
  return is_new;
}

void TreeReader::read_section(const YamlNode& map, const std::string& section) {
  SeenKeys seen;
  for (std::size_t i = 0; i < map.keys.size(); ++i) {
    const YamlNode& key = map.keys[i];
    if (sound_key(key, section, seen)) {
      read_key(key, map.items[i], joined(section, key.text), section);
    }
  }
}

void TreeReader::read_key(const YamlNode& key, const YamlNode& value, const std::string& path,
                          const std::string& section) {
  const std::vector<std::string> known = keys_of(section);
  if (std::find(known.begin(), known.end(), key.text) == known.end()) {
    unknown_key(key, path, section);
  } else if (const Option* option = find_option(path)) {
    read_option(*option, key, value);
  } else if (value.kind == Kind::map) {
    read_section(value, path);
  } else if (value.kind != Kind::nothing) {  // a section whose keys are all commented out is fine
    wrong_type(key, value, path, "a map of " + list_of(keys_of(path)));
  }
}

void TreeReader::unknown_key(const YamlNode& key, const std::string& path,
                             const std::string& section) {
  const std::vector<std::string> known = keys_of(section);
  const std::string sibling = near_miss(key.text, known);
  const bool is_path = find_option(key.text) != nullptr;
  const std::string meant =
      sibling.empty() || is_path ? elsewhere(key.text, path) : joined(section, sibling);
  add(key.mark, section,
      problem_message("the unknown key " + shown(key.text), list_of(known), meant));
}

void TreeReader::read_option(const Option& option, const YamlNode& key, const YamlNode& value) {
  if (const auto* list = std::get_if<TextListOption>(&option.type)) {
    value.kind == Kind::list ? read_list(option, *list, value)
                             : wrong_type(key, value, option.path, allowed_values(option));
  } else if (const auto* map = std::get_if<TextMapOption>(&option.type)) {
    value.kind == Kind::map || value.kind == Kind::nothing
        ? read_map(option, *map, value)
        : wrong_type(key, value, option.path, allowed_values(option));
  } else {
    read_scalar(option, key, value);
  }
}

void TreeReader::read_scalar(const Option& option, const YamlNode& key, const YamlNode& value) {
  const bool is_text_instead = value.in_quotes && quotes_matter(option) && value.text != "auto";
  if (value.kind != Kind::scalar || is_text_instead) {
    const bool no_text =
        value.kind == Kind::nothing && std::holds_alternative<TextOption>(option.type);
    wrong_type(key, value, option.path,
               allowed_values(option) + (no_text ? R"(; "" is the empty text)" : ""));
    return;
  }
  if (const auto objection = assign(option, config_, value.text)) {
    add(value.mark, option.path, *objection);
  }
}

void TreeReader::read_list(const Option& option, const TextListOption& type,
                           const YamlNode& value) {
  std::vector<std::string> list;
  Places places{{"", {std::string(option.path), value.mark}}};
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const YamlNode& item = value.items[i];
    std::string path = std::string(option.path) + "[" + std::to_string(i) + "]";
    if (item.kind != Kind::scalar) {
      wrong_type(item, item, path, type.item.allowed);
      continue;
    }
    places["[" + std::to_string(list.size()) + "]"] = {std::move(path), item.mark};
    list.push_back(item.text);
  }
  if (list.empty() && !value.items.empty()) {
    return;
  }
  type.member.of(config_) = std::move(list);
  check(option, places);
}

void TreeReader::read_map(const Option& option, const TextMapOption& type, const YamlNode& value) {
  std::map<std::string, std::string> map;
  Places places;
  SeenKeys seen;
  const std::string section(option.path);
  for (std::size_t i = 0; i < value.keys.size(); ++i) {
    const YamlNode& key = value.keys[i];
    const YamlNode& entry = value.items[i];
    if (!sound_key(key, section, seen)) {
      continue;
    }
    const std::string path = joined(section, shown_key(key.text));
    if (entry.kind != Kind::scalar) {
      wrong_type(key, entry, path, type.value.allowed);
      continue;
    }
    places["." + key.text] = {path, key.mark};
    map.emplace(key.text, entry.text);
  }
  type.member.of(config_) = std::move(map);
  check(option, places);
}

void TreeReader::check(const Option& option, const Places& places) {
  const std::vector<ValueProblem> problems = value_problems(option, config_);
  for (const ValueProblem& problem : problems) {
    const Place& place = places.at(problem.item);
    add(place.mark, place.path, problem.message);
  }
  if (!problems.empty()) {
    copy_value(option, Config{}, config_);
  }
}

}  // namespace efa
