#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>

#include "config/option_values.h"
#include "config/quoting.h"
#include "config/tree_words.h"
#include "config/web_config_reader.h"

// tls_server_config, which is most of a web configuration.

namespace efa {
namespace {

using Kind = YamlNode::Kind;

constexpr const char* tls_section = "tls_server_config";
constexpr std::string_view pem_text = "a text in PEM format";
constexpr std::string_view file_path = "a path";

}  // namespace

void WebConfigReader::object(const std::string& key, const std::string& message) {
  const std::string path = joined(tls_section, key);
  const auto place = into_.places.find(path);
  add(place == into_.places.end() ? into_.places.at(tls_section) : place->second, path, message);
}

void WebConfigReader::read_pem_text(const Entry& entry, PemSource WebConfig::Tls::*pem) {
  // What it says is never shown.
  if (entry.value.kind != Kind::scalar || entry.value.text.empty()) {
    wrong_type(entry, pem_text);
    return;
  }
  (*config_.tls.*pem).text = entry.value.text;
}

void WebConfigReader::read_pem_file(const Entry& entry, PemSource WebConfig::Tls::*pem) {
  const auto path = text(entry, file_path);
  if (!path) {
    return;
  }
  // As the toolkit does it; an absolute path stays as it is.
  const auto folder = std::filesystem::path(into_.file).parent_path();
  (*config_.tls.*pem).file = folder / *path;
}

void WebConfigReader::read_client_auth(const Entry& entry) {
  static constexpr std::array<Choice, 5> choices{{{"NoClientCert", ""},
                                                  {"RequestClientCert", ""},
                                                  {"RequireAnyClientCert", ""},
                                                  {"VerifyClientCertIfGiven", ""},
                                                  {"RequireAndVerifyClientCert", ""}}};
  if (entry.value.text == "RequireClientCert") {  // an old name that the toolkit still takes
    config_.tls->client_auth = ClientAuth::require_any;
  } else if (const Choice* choice = chosen(entry.value, entry.path, choices)) {
    config_.tls->client_auth = static_cast<ClientAuth>(choice - choices.data());
  } else {
    client_auth_is_clear_ = false;
  }
}

void WebConfigReader::read_sans(const Entry& entry) {
  config_.tls->client_allowed_sans =
      texts(entry, "a list of DNS names, IP addresses, e-mail addresses or URIs", {});
}

void WebConfigReader::read_version(const Entry& entry, TlsVersion WebConfig::Tls::*version) {
  static constexpr std::array<Choice, 2> choices{{{"TLS12", ""}, {"TLS13", ""}}};
  if (entry.value.text == "TLS10" || entry.value.text == "TLS11") {
    add(entry.value.mark, entry.path,
        "found " + shown(entry.value.text) +
            ", which is broken (RFC 8996); allowed is one of: TLS12, TLS13");
  } else if (const Choice* choice = chosen(entry.value, entry.path, choices)) {
    *config_.tls.*version = choice == &choices[0] ? TlsVersion::tls12 : TlsVersion::tls13;
  }
}

// Those that Go calls secure. Which of TLS 1.3's are in the list makes no difference there, either.
void WebConfigReader::read_cipher_suites(const Entry& entry) {
  static constexpr std::array<Choice, 13> choices{{
      {"TLS_AES_128_GCM_SHA256", ""},
      {"TLS_AES_256_GCM_SHA384", ""},
      {"TLS_CHACHA20_POLY1305_SHA256", ""},
      {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
      {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
      {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
      {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
      {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
      {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
      {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
      {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
      {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
      {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
  }};
  WebConfig::Tls& tls = *config_.tls;
  const std::vector<std::string> found = texts(entry, "a list of cipher suites", choices);
  std::copy_if(found.begin(), found.end(), std::back_inserter(tls.cipher_suites),
               [](const std::string& name) { return !name.empty(); });
  suites_of_tls13_only_ = !found.empty() && tls.cipher_suites.empty();
}

void WebConfigReader::read_curves(const Entry& entry) {
  static constexpr std::array<Choice, 4> choices{{{"CurveP256", "P-256"},
                                                  {"CurveP384", "P-384"},
                                                  {"CurveP521", "P-521"},
                                                  {"X25519", "X25519"}}};
  config_.tls->curves = texts(entry, "a list of curves", choices);
}

void WebConfigReader::read_tls(const Entry& entry) {
  using Tls = WebConfig::Tls;
  using R = WebConfigReader;
  using E = Entry;
  // clang-format off
  static constexpr std::array keys{
      Key{"cert_file", [](R& r, const E& e) { r.read_pem_file(e, &Tls::certificate); }},
      Key{"key_file", [](R& r, const E& e) { r.read_pem_file(e, &Tls::key); }},
      Key{"cert", [](R& r, const E& e) { r.read_pem_text(e, &Tls::certificate); }},
      Key{"key", [](R& r, const E& e) { r.read_pem_text(e, &Tls::key); }},
      Key{"client_auth_type", [](R& r, const E& e) { r.read_client_auth(e); }},
      Key{"client_ca_file", [](R& r, const E& e) { r.read_pem_file(e, &Tls::client_ca); }},
      Key{"client_ca", [](R& r, const E& e) { r.read_pem_text(e, &Tls::client_ca); }},
      Key{"client_allowed_sans", [](R& r, const E& e) { r.read_sans(e); }},
      Key{"min_version", [](R& r, const E& e) { r.read_version(e, &Tls::min_version); }},
      Key{"max_version", [](R& r, const E& e) { r.read_version(e, &Tls::max_version); }},
      Key{"cipher_suites", [](R& r, const E& e) { r.read_cipher_suites(e); }},
      Key{"prefer_server_cipher_suites", [](R& r, const E& e) {
            r.config_.tls->prefer_server_cipher_suites = r.flag(e).value_or(true);
          }},
      Key{"curve_preferences", [](R& r, const E& e) { r.read_curves(e); }},
  };
  // clang-format on
  if (entry.value.kind == Kind::map && entry.value.keys.empty()) {
    return;  // as the toolkit: TLS begins with a key
  }
  if (entry.value.kind == Kind::map) {
    config_.tls.emplace();
  }
  read_section(entry, keys);
  if (config_.tls) {
    check_tls();
  }
}

void WebConfigReader::check_tls() {
  check_pair("cert");
  check_pair("key");
  check_pair("client_ca");
  if (client_auth_is_clear_) {
    check_client_auth();
  }
  const WebConfig::Tls& tls = *config_.tls;
  if (tls.min_version > tls.max_version) {
    object("max_version", "found TLS12 with the min_version TLS13; allowed is none below it");
  }
  if (into_.places.contains(joined(tls_section, "cipher_suites")) && tls.cipher_suites.empty() &&
      tls.min_version == TlsVersion::tls12 && suites_of_tls13_only_) {
    object("cipher_suites",
           "found none of TLS 1.2; allowed is a list with one, or the min_version TLS13");
  }
}

// A thing comes from a file or stands here, not both; certificate and key must be there.
void WebConfigReader::check_pair(const std::string& name) {
  const bool in_file = into_.places.contains(joined(tls_section, name + "_file"));
  const bool in_place = into_.places.contains(joined(tls_section, name));
  if (in_file && in_place) {
    object(name, "found it beside " + name + "_file; allowed is one of them");
  } else if (!in_file && !in_place && name != "client_ca") {
    add(into_.places.at(tls_section), tls_section,
        "found neither " + name + "_file nor " + name + "; allowed is one of them");
  }
}

void WebConfigReader::check_client_auth() {
  const WebConfig::Tls& tls = *config_.tls;
  const bool verifies =
      tls.client_auth == ClientAuth::verify_if_given || tls.client_auth == ClientAuth::require;
  const bool ca_in_place = into_.places.contains(joined(tls_section, "client_ca"));
  const bool has_ca = ca_in_place || into_.places.contains(joined(tls_section, "client_ca_file"));
  if (has_ca && !verifies) {
    object(ca_in_place ? "client_ca" : "client_ca_file",
           "found it where no client is verified; allowed is it with the client_auth_type "
           "VerifyClientCertIfGiven or RequireAndVerifyClientCert");
  }
  if (verifies && !has_ca) {
    object("client_auth_type",
           "found no client_ca_file to verify clients by; allowed is one, or client_ca");
  }
  const bool must_have_one =
      tls.client_auth == ClientAuth::require_any || tls.client_auth == ClientAuth::require;
  if (into_.places.contains(joined(tls_section, "client_allowed_sans")) && !must_have_one) {
    object("client_allowed_sans",
           "found it where a client may come without a certificate; allowed is it with the "
           "client_auth_type RequireAndVerifyClientCert or RequireAnyClientCert");
  }
}

}  // namespace efa
