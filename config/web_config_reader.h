#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/web_config.h"
#include "config/yaml_tree.h"

namespace efa {

/// Brings what a YAML tree says into a WebConfig.
///
/// Errors   every one is added to `problems`; the member keeps its default
class WebConfigReader {
 public:
  WebConfigReader(LoadedWebConfig& into, std::vector<YamlProblem>& problems)
      : into_(into), config_(into.config), problems_(problems) {}

  void read_root(const YamlNode& root);

 private:
  struct Entry {
    const YamlNode& key;
    const YamlNode& value;
    std::string path;
  };
  struct Key {
    std::string_view name;
    void (*read)(WebConfigReader& reader, const Entry& entry);
  };
  struct Choice {
    std::string_view word;
    std::string_view meaning;
  };

  void read_section(const Entry& section, std::span<const Key> known);
  void read_entries(const Entry& section, const std::function<void(const Entry&)>& read);

  void read_tls(const Entry& entry);
  void read_http(const Entry& entry);
  void read_header(const Entry& entry);
  void read_users(const Entry& entry);
  void read_user(const Entry& entry);
  void read_rate_limit(const Entry& entry);

  void read_pem_text(const Entry& entry, PemSource WebConfig::Tls::*pem);
  void read_pem_file(const Entry& entry, PemSource WebConfig::Tls::*pem);
  void read_client_auth(const Entry& entry);
  void read_sans(const Entry& entry);
  void read_version(const Entry& entry, TlsVersion WebConfig::Tls::*version);
  void read_cipher_suites(const Entry& entry);
  void read_curves(const Entry& entry);

  void check_tls();
  void check_pair(const std::string& name);
  void check_client_auth();

  std::optional<std::string> text(const Entry& entry, std::string_view allowed);
  std::optional<bool> flag(const Entry& entry);
  std::vector<std::string> texts(const Entry& entry, std::string_view allowed,
                                 std::span<const Choice> choices);
  const Choice* chosen(const YamlNode& value, const std::string& path,
                       std::span<const Choice> choices);

  bool sound_key(const YamlNode& key, const std::string& section,
                 std::map<std::string_view, YamlMark>& seen);
  void unknown_key(const YamlNode& key, const std::string& section,
                   const std::vector<std::string>& known);
  void wrong_type(const Entry& entry, std::string_view allowed);
  void add(YamlMark mark, const std::string& path, const std::string& message);
  /// An objection at a key of tls_server_config, or at the section if the key is not there.
  void object(const std::string& key, const std::string& message);

  LoadedWebConfig& into_;
  WebConfig& config_;
  std::vector<YamlProblem>& problems_;
  bool client_auth_is_clear_ = true;
  bool suites_of_tls13_only_ = false;
};

}  // namespace efa
