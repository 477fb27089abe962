#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.h"
#include "config/yaml_tree.h"

namespace efa {

/// Whether a client is asked for a certificate, and what becomes of it. The names in the file are
/// Go's.
enum class ClientAuth : std::uint8_t {
  none,             // NoClientCert
  request,          // RequestClientCert: taken, not looked at
  require_any,      // RequireAnyClientCert: must be there, is not verified
  verify_if_given,  // VerifyClientCertIfGiven
  require,          // RequireAndVerifyClientCert
};

enum class TlsVersion : std::uint8_t { tls12, tls13 };

/// A PEM text: the content of a file, or written into the configuration.
struct PemSource {
  std::string file;
  std::string text;

  [[nodiscard]] bool is_given() const { return !file.empty() || !text.empty(); }
  bool operator==(const PemSource&) const = default;
};

/// tls_server_config. (Not a member of WebConfig: clang 14 could not make an optional of it.)
struct WebTls {
  PemSource certificate;
  PemSource key;
  PemSource client_ca;
  ClientAuth client_auth = ClientAuth::none;
  std::vector<std::string> client_allowed_sans;  // empty: any
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  std::vector<std::string> cipher_suites;  // of TLS 1.2, by their names in OpenSSL; empty: ours
  bool prefer_server_cipher_suites = true;
  std::vector<std::string> curves;  // by their names in OpenSSL; empty: OpenSSL's

  bool operator==(const WebTls&) const = default;
};

/// What `--web.config.file` says, in the format of Prometheus's exporter-toolkit.
struct WebConfig {
  using Tls = WebTls;
  struct RateLimit {
    std::chrono::milliseconds interval{0};  // between two requests; 0: no limit
    unsigned burst = 0;

    bool operator==(const RateLimit&) const = default;
  };

  std::optional<Tls> tls;                                    // nothing: plain HTTP
  std::vector<std::pair<std::string, std::string>> headers;  // of every answer
  std::map<std::string, std::string> users;                  // name to bcrypt hash; empty: anyone
  RateLimit rate_limit;

  bool operator==(const WebConfig&) const = default;
};

struct LoadedWebConfig {
  std::string file;
  WebConfig config;
  std::vector<ConfigError> errors;         // all of them, in the order of the file
  std::map<std::string, YamlMark> places;  // of the keys that are there, by their paths

  /// An error about what a key names, for those who read the certificates.
  [[nodiscard]] ConfigError error_at(const std::string& path, const std::string& message) const;
};

/// Reads a web configuration as strictly as load_config() reads the agent's. Files that it names
/// are not opened; paths that are not absolute are taken from the folder of the file.
///
/// Errors   in the answer, where passwords, hashes and keys are never shown. Never throws.
LoadedWebConfig load_web_config(const std::string& path);
LoadedWebConfig parse_web_config(const std::string& text, const std::string& name);

/// The cost of a bcrypt hash ($2a$, $2b$ or $2y$, then two digits); nothing if it is none.
std::optional<unsigned> bcrypt_cost(std::string_view hash);

}  // namespace efa
