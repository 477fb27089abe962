#include "config/web_config_reader.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "config/near_miss.h"
#include "config/option_values.h"
#include "config/quoting.h"
#include "config/tree_words.h"

namespace efa {
namespace {

using Kind = YamlNode::Kind;

constexpr unsigned costliest = 20;

constexpr std::string_view bcrypt_hash =
    "a bcrypt hash ($2a$, $2b$ or $2y$), as htpasswd -nBC 10 \"\" makes them";

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
  });
}

// Of the headers that the toolkit lets one set, the values it takes; none: any.
struct HeaderRule {
  std::string_view name;
  std::array<std::string_view, 2> values;
};
constexpr std::array header_rules{
    HeaderRule{"Content-Security-Policy", {}},
    HeaderRule{"Strict-Transport-Security", {}},
    HeaderRule{"X-Content-Type-Options", {"nosniff", ""}},
    HeaderRule{"X-Frame-Options", {"deny", "sameorigin"}},
    HeaderRule{"X-XSS-Protection", {}},
};

std::vector<std::string> header_names() {
  std::vector<std::string> names;
  names.reserve(header_rules.size());
  for (const HeaderRule& rule : header_rules) {
    names.emplace_back(rule.name);
  }
  return names;
}

}  // namespace

void WebConfigReader::add(YamlMark mark, const std::string& path, const std::string& message) {
  problems_.push_back({mark, path.empty() ? message : path + ": " + message});
}

void WebConfigReader::wrong_type(const Entry& entry, std::string_view allowed) {
  if (entry.value.kind != Kind::refused) {  // which has been told
    add(entry.value.kind == Kind::nothing ? entry.key.mark : entry.value.mark, entry.path,
        problem_message(described(entry.value), allowed));
  }
}

bool WebConfigReader::sound_key(const YamlNode& key, const std::string& section,
                                std::map<std::string_view, YamlMark>& seen) {
  if (key.kind != Kind::scalar) {
    add(key.mark, section, problem_message(described(key), "a text as key"));
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

void WebConfigReader::unknown_key(const YamlNode& key, const std::string& section,
                                  const std::vector<std::string>& known) {
  add(key.mark, section,
      problem_message("the unknown key " + shown(key.text), list_of(known),
                      near_miss(key.text, known)));
}

// Calls `read` for each sound key of a map; a section without any is fine.
void WebConfigReader::read_entries(const Entry& section,
                                   const std::function<void(const Entry&)>& read) {
  if (section.value.kind == Kind::nothing) {
    return;
  }
  if (section.value.kind != Kind::map) {
    wrong_type(section, "a map");
    return;
  }
  std::map<std::string_view, YamlMark> seen;
  for (std::size_t i = 0; i < section.value.keys.size(); ++i) {
    const YamlNode& key = section.value.keys[i];
    if (sound_key(key, section.path, seen)) {
      read({key, section.value.items[i], joined(section.path, shown_key(key.text))});
    }
  }
}

void WebConfigReader::read_section(const Entry& section, std::span<const Key> known) {
  std::vector<std::string> names;
  for (const Key& each : known) {
    names.emplace_back(each.name);
  }
  read_entries(section, [&](const Entry& entry) {
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const Key& each) { return each.name == entry.key.text; });
    if (found == known.end()) {
      unknown_key(entry.key, section.path, names);
    } else {
      into_.places[entry.path] = entry.key.mark;
      found->read(*this, entry);
    }
  });
}

void WebConfigReader::read_root(const YamlNode& root) {
  using R = WebConfigReader;
  static constexpr std::array keys{
      Key{"tls_server_config", [](R& r, const Entry& e) { r.read_tls(e); }},
      Key{"http_server_config", [](R& r, const Entry& e) { r.read_http(e); }},
      Key{"basic_auth_users", [](R& r, const Entry& e) { r.read_users(e); }},
      Key{"rate_limit", [](R& r, const Entry& e) { r.read_rate_limit(e); }},
  };
  read_section({root, root, ""}, keys);
}

std::optional<std::string> WebConfigReader::text(const Entry& entry, std::string_view allowed) {
  if (entry.value.kind != Kind::scalar || entry.value.text.empty()) {
    wrong_type(entry, allowed);
    return std::nullopt;
  }
  return entry.value.text;
}

std::optional<bool> WebConfigReader::flag(const Entry& entry) {
  const std::string& word = entry.value.text;
  if (entry.value.kind != Kind::scalar || entry.value.in_quotes ||
      (word != "true" && word != "false")) {
    wrong_type(entry, "true or false");
    return std::nullopt;
  }
  return word == "true";
}

const WebConfigReader::Choice* WebConfigReader::chosen(const YamlNode& value,
                                                       const std::string& path,
                                                       std::span<const Choice> choices) {
  const auto found = std::find_if(choices.begin(), choices.end(),
                                  [&](const Choice& each) { return each.word == value.text; });
  if (value.kind == Kind::scalar && found != choices.end()) {
    return &*found;
  }
  std::vector<std::string> words;
  for (const Choice& each : choices) {
    words.emplace_back(each.word);
  }
  if (value.kind == Kind::scalar) {
    add(value.mark, path,
        problem_message(shown(value.text), "one of: " + list_of(words),
                        near_miss(value.text, words)));
  } else {
    wrong_type({value, value, path}, "one of: " + list_of(words));
  }
  return nullptr;
}

// A list that is not empty of texts that are not: the choices' meanings, or as they stand.
std::vector<std::string> WebConfigReader::texts(const Entry& entry, std::string_view allowed,
                                                std::span<const Choice> choices) {
  std::vector<std::string> list;
  if (entry.value.kind != Kind::list || entry.value.items.empty()) {
    add(entry.value.kind == Kind::nothing ? entry.key.mark : entry.value.mark, entry.path,
        problem_message(entry.value.kind == Kind::list ? "an empty list" : described(entry.value),
                        allowed));
    return list;
  }
  for (std::size_t i = 0; i < entry.value.items.size(); ++i) {
    const YamlNode& item = entry.value.items[i];
    const std::string path = entry.path + "[" + std::to_string(i) + "]";
    if (choices.empty()) {
      if (const auto found = text({item, item, path}, "a text")) {
        list.push_back(*found);
      }
    } else if (const Choice* choice = chosen(item, path, choices)) {
      list.emplace_back(choice->meaning);
    }
  }
  return list;
}

void WebConfigReader::read_http(const Entry& entry) {
  static constexpr std::array keys{
      // Nothing here speaks HTTP/2: either value is what the toolkit's files say.
      Key{"http2", [](WebConfigReader& r, const Entry& e) { (void)r.flag(e); }},
      Key{"headers",
          [](WebConfigReader& r, const Entry& e) {
            r.read_entries(e, [&](const Entry& header) { r.read_header(header); });
          }},
  };
  read_section(entry, keys);
}

void WebConfigReader::read_header(const Entry& entry) {
  const auto rule =
      std::find_if(header_rules.begin(), header_rules.end(),
                   [&](const HeaderRule& each) { return each.name == entry.key.text; });
  if (rule == header_rules.end()) {
    unknown_key(entry.key, "http_server_config.headers", header_names());
    return;
  }
  if (entry.value.kind == Kind::scalar && entry.value.text.empty() && rule->values[0].empty()) {
    return;  // blank: not set
  }
  const auto value = text(entry, "a text");
  if (!value) {
    return;
  }
  if (has_control_character(*value)) {
    add(entry.value.mark, entry.path, problem_message("a control character", "a line of text"));
  } else if (!rule->values[0].empty() && *value != rule->values[0] && *value != rule->values[1]) {
    const std::string others = rule->values[1].empty() ? "" : " or " + std::string(rule->values[1]);
    add(entry.value.mark, entry.path,
        problem_message(shown(*value), std::string(rule->values[0]) + others));
  } else {
    config_.headers.emplace_back(rule->name, *value);
  }
}

void WebConfigReader::read_users(const Entry& entry) {
  read_entries(entry, [this](const Entry& user) { read_user(user); });
}

void WebConfigReader::read_user(const Entry& entry) {
  const std::string& name = entry.key.text;
  if (name.empty() || name.find(':') != std::string::npos || has_control_character(name)) {
    add(entry.key.mark, "basic_auth_users",
        problem_message("the name " + shown(name), "a text without colons"));
    return;
  }
  if (entry.value.kind != Kind::scalar) {
    wrong_type(entry, bcrypt_hash);
    return;
  }
  const auto cost = bcrypt_cost(entry.value.text);
  if (!cost) {  // which may be a password: it is not shown
    add(entry.value.mark, entry.path, problem_message("something else", bcrypt_hash));
  } else if (*cost > costliest) {
    add(entry.value.mark, entry.path,
        problem_message("a hash of cost " + std::to_string(*cost),
                        "a cost from 4 to 20, which takes a minute already"));
  } else {
    config_.users.emplace(name, entry.value.text);
  }
}

void WebConfigReader::read_rate_limit(const Entry& entry) {
  static constexpr std::array keys{
      Key{"interval",
          [](WebConfigReader& r, const Entry& e) {
            constexpr const char* allowed = "a duration with its unit (ms, s or m), or 0";
            const auto interval =
                e.value.text == "0" ? std::chrono::milliseconds(0) : parse_duration(e.value.text);
            if (e.value.kind == Kind::scalar && interval) {
              r.config_.rate_limit.interval = *interval;
            } else {
              r.wrong_type(e, allowed);
            }
          }},
      Key{"burst",
          [](WebConfigReader& r, const Entry& e) {
            constexpr std::int64_t most = 1'000'000;
            const auto burst = parse_whole_number(e.value.text);
            if (e.value.kind == Kind::scalar && !e.value.in_quotes && burst && *burst <= most) {
              r.config_.rate_limit.burst = static_cast<unsigned>(*burst);
            } else {
              r.wrong_type(e, "a whole number from 0 to 1000000");
            }
          }},
  };
  read_section(entry, keys);
  if (config_.rate_limit.interval.count() > 0 && config_.rate_limit.burst == 0) {
    add(entry.key.mark, entry.path,
        "found an interval and no burst, which lets no request through; allowed is a burst of 1 "
        "or more");
  }
}

}  // namespace efa
