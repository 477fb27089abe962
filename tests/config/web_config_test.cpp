#include "config/web_config.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace efa {
namespace {

using Catch::Contains;
using Catch::Equals;
using Lines = std::vector<std::string>;

const std::string hash = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";
const std::string pair = "tls_server_config: {cert_file: a, key_file: b";

Lines errors_of(const std::string& text) {
  Lines lines;
  for (const ConfigError& error : parse_web_config(text, "/etc/web.yml").errors) {
    lines.push_back(error.to_string());
  }
  return lines;
}

std::string error_of(const std::string& text) {
  const Lines lines = errors_of(text);
  return lines.size() == 1 ? lines.front() : std::to_string(lines.size()) + " errors";
}

WebConfig sound(const std::string& text) {
  const LoadedWebConfig loaded = parse_web_config(text, "/etc/web.yml");
  CHECK(errors_of(text) == Lines{});
  return loaded.config;
}

TEST_CASE("an empty web configuration asks for nothing") {
  for (const char* text : {"", "# nothing\n", "tls_server_config:\n", "tls_server_config: {}\n",
                           "http_server_config: {}\nbasic_auth_users: {}\nrate_limit: {}\n"}) {
    CHECK(sound(text) == WebConfig{});
  }
}

TEST_CASE("every key of the exporter-toolkit is understood") {
  const WebConfig config = sound(
      "tls_server_config:\n"
      "  cert_file: server.crt\n"
      "  key_file: /keys/server.key\n"
      "  client_auth_type: RequireAndVerifyClientCert\n"
      "  client_ca_file: ../ca.crt\n"
      "  client_allowed_sans: [prometheus, 10.0.0.1]\n"
      "  min_version: TLS12\n"
      "  max_version: TLS13\n"
      "  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n"
      "  prefer_server_cipher_suites: false\n"
      "  curve_preferences: [X25519, CurveP256]\n"
      "http_server_config:\n"
      "  http2: true\n"
      "  headers:\n"
      "    X-Frame-Options: deny\n"
      "    X-XSS-Protection: ''\n"
      "    Strict-Transport-Security: max-age=1\n"
      "basic_auth_users:\n"
      "  alice: " +
      hash +
      "\n"
      "rate_limit:\n"
      "  interval: 500ms\n"
      "  burst: 20\n");
  REQUIRE(config.tls);
  WebConfig::Tls tls;
  tls.certificate.file = "/etc/server.crt";
  tls.key.file = "/keys/server.key";
  tls.client_auth = ClientAuth::require;
  tls.client_ca.file = "/etc/../ca.crt";
  tls.client_allowed_sans = {"prometheus", "10.0.0.1"};
  tls.cipher_suites = {"ECDHE-RSA-AES128-GCM-SHA256"};
  tls.prefer_server_cipher_suites = false;
  tls.curves = {"X25519", "P-256"};
  CHECK(*config.tls == tls);
  CHECK(config.headers ==
        std::vector<std::pair<std::string, std::string>>{
            {"X-Frame-Options", "deny"}, {"Strict-Transport-Security", "max-age=1"}});
  CHECK(config.users == std::map<std::string, std::string>{{"alice", hash}});
  CHECK(config.rate_limit == WebConfig::RateLimit{std::chrono::milliseconds(500), 20});
}

TEST_CASE("certificates may stand in the file itself") {
  const WebConfig config = sound(
      "tls_server_config: {cert: C, key: K, client_ca: A,\n"
      "  client_auth_type: VerifyClientCertIfGiven}\n");
  CHECK(config.tls->certificate == PemSource{"", "C"});
  CHECK(config.tls->key == PemSource{"", "K"});
  CHECK(config.tls->client_ca == PemSource{"", "A"});
}

TEST_CASE("each type of client authentication has its name") {
  const auto type = [](const std::string& more) {
    return sound(pair + ", client_auth_type: " + more + "}\n").tls->client_auth;
  };
  CHECK(type("NoClientCert") == ClientAuth::none);
  CHECK(type("RequestClientCert") == ClientAuth::request);
  CHECK(type("RequireAnyClientCert") == ClientAuth::require_any);
  CHECK(type("RequireClientCert") == ClientAuth::require_any);
  CHECK(type("VerifyClientCertIfGiven, client_ca: A") == ClientAuth::verify_if_given);
  CHECK(type("RequireAndVerifyClientCert, client_ca: A") == ClientAuth::require);
}

TEST_CASE("all mistakes are told at once, each with its place") {
  CHECK(errors_of("tls_server_confg: {}\n"
                  "http_server_config: {http2: 'yes', headers: {X-Frame-Option: deny}}\n"
                  "basic_auth_users: [alice]\n"
                  "rate_limit: {interval: 1, burst: -1}\n") ==
        Lines{
            "/etc/web.yml:1:1: found the unknown key \"tls_server_confg\"; allowed is "
            "tls_server_config, http_server_config, basic_auth_users, rate_limit; did you mean "
            "tls_server_config?",
            "/etc/web.yml:2:29: http_server_config.http2: found the quoted text \"yes\"; allowed "
            "is true or false",
            "/etc/web.yml:2:46: http_server_config.headers: found the unknown key "
            "\"X-Frame-Option\"; allowed is Content-Security-Policy, Strict-Transport-Security, "
            "X-Content-Type-Options, X-Frame-Options, X-XSS-Protection; did you mean "
            "X-Frame-Options?",
            "/etc/web.yml:3:19: basic_auth_users: found a list; allowed is a map",
            "/etc/web.yml:4:24: rate_limit.interval: found \"1\"; allowed is a duration with its "
            "unit (ms, s or m), or 0",
            "/etc/web.yml:4:34: rate_limit.burst: found \"-1\"; allowed is a whole number from 0 "
            "to 1000000",
        });
}

TEST_CASE("a certificate needs its key, and comes from one place") {
  CHECK(error_of("tls_server_config: {cert_file: a}\n") ==
        "/etc/web.yml:1:1: tls_server_config: found neither key_file nor key; allowed is one of "
        "them");
  CHECK(error_of("tls_server_config: {key: a}\n") ==
        "/etc/web.yml:1:1: tls_server_config: found neither cert_file nor cert; allowed is one of "
        "them");
  CHECK(errors_of("tls_server_config: {min_version: TLS13}\n").size() == 2);
  CHECK(error_of(pair + ",\n  cert: x}\n") ==
        "/etc/web.yml:2:3: tls_server_config.cert: found it beside cert_file; allowed is one of "
        "them");
}

TEST_CASE("clients are verified by a CA, and a CA verifies clients") {
  CHECK_THAT(error_of(pair + ", client_ca_file: c}\n"),
             Contains("tls_server_config.client_ca_file: found it where no client is verified"));
  CHECK_THAT(error_of(pair + ", client_auth_type: RequireAnyClientCert, client_ca: c}\n"),
             Contains("tls_server_config.client_ca: found it where no client is verified"));
  CHECK_THAT(error_of(pair + ", client_auth_type: RequireAndVerifyClientCert}\n"),
             Contains("found no client_ca_file to verify clients by"));
  CHECK_THAT(error_of(pair + ", client_allowed_sans: [a]}\n"),
             Contains("where a client may come without a certificate"));
  CHECK_THAT(
      error_of(pair + ", client_auth_type: RequireAnyClientCert, client_allowed_sans: []}\n"),
      Contains("client_allowed_sans: found an empty list"));
  CHECK_THAT(error_of(pair + ", client_auth_type: RequireAndVerify, client_ca: c}\n"),
             Contains("did you mean RequireAndVerifyClientCert?"));
}

TEST_CASE("versions, suites and curves are those that are sound") {
  CHECK_THAT(error_of(pair + ", min_version: TLS11}\n"),
             Contains("found \"TLS11\", which is broken (RFC 8996)"));
  CHECK_THAT(error_of(pair + ", min_version: TLS1.3}\n"), Contains("did you mean TLS13?"));
  CHECK_THAT(error_of(pair + ", min_version: TLS13, max_version: TLS12}\n"),
             Contains("max_version: found TLS12 with the min_version TLS13"));
  CHECK_THAT(error_of(pair + ", cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]}\n"),
             Contains("cipher_suites[0]: found \"TLS_RSA_WITH_RC4_128_SHA\""));
  CHECK_THAT(error_of(pair + ", cipher_suites: [TLS_AES_128_GCM_SHA256]}\n"),
             Contains("cipher_suites: found none of TLS 1.2"));
  CHECK(
      errors_of(pair + ", cipher_suites: [TLS_AES_128_GCM_SHA256], min_version: TLS13}\n").empty());
  CHECK_THAT(error_of(pair + ", curve_preferences: [P256]}\n"),
             Contains("curve_preferences[0]: found \"P256\""));
  CHECK_THAT(error_of(pair + ", curve_preferences: X25519}\n"), Contains("a list of curves"));
}

TEST_CASE("a password that is not hashed is refused, and never shown") {
  for (const std::string& wrong :
       {std::string("hunter22"), hash.substr(1), hash + "x", "$2x$" + hash.substr(4),
        "$2y$03" + hash.substr(6), "$2y$32" + hash.substr(6), hash.substr(0, 59) + "!",
        "$6$" + hash.substr(3)}) {
    const std::string error = error_of("basic_auth_users:\n  alice: '" + wrong + "'\n");
    CHECK_THAT(error, Contains("/etc/web.yml:2:10: basic_auth_users.alice: found something else; "
                               "allowed is a bcrypt hash") &&
                          !Contains(wrong));
  }
  CHECK_THAT(error_of("basic_auth_users: {alice: $2y$21" + hash.substr(6) + "}\n"),
             Contains("found a hash of cost 21"));
  CHECK_THAT(error_of("basic_auth_users: {alice: }\n"), Contains("alice: found nothing"));
  CHECK_THAT(error_of("basic_auth_users: {'a:b': " + hash + "}\n"), Contains("the name \"a:b\""));
  CHECK_THAT(error_of("basic_auth_users: {a: " + hash + ", a: " + hash + "}\n"),
             Contains("basic_auth_users.a: found the key again"));
  CHECK_THAT(error_of("tls_server_config: {cert: c, key: [secret]}\n"),
             Contains("key: found a list") && !Contains("secret"));
}

TEST_CASE("headers have the values that the toolkit takes, on one line") {
  const auto header = [](const std::string& line) {
    return error_of("http_server_config:\n  headers:\n    " + line + "\n");
  };
  CHECK_THAT(header("X-Frame-Options: maybe"), Contains("allowed is deny or sameorigin"));
  CHECK_THAT(header("X-Content-Type-Options: sniff"), Contains("allowed is nosniff"));
  CHECK_THAT(header("\"Strict-Transport-Security\": \"a\\r\\nSet-Cookie: x\""),
             Contains("found a control character"));
  CHECK_THAT(header("Set-Cookie: x"), Contains("found the unknown key \"Set-Cookie\""));
}

TEST_CASE("a limit that lets nothing through is refused") {
  CHECK_THAT(error_of("rate_limit: {interval: 1s}\n"), Contains("lets no request through"));
  CHECK(errors_of("rate_limit: {interval: 0, burst: 0}\n").empty());
}

TEST_CASE("the example is sound") {
  const LoadedWebConfig loaded = load_web_config(EFA_SOURCE_DIR "/deploy/tls/web.yml");
  CHECK(loaded.errors.empty());
  REQUIRE(loaded.config.tls);
  CHECK(loaded.config.tls->client_auth == ClientAuth::require);
  CHECK(loaded.config.users.size() == 1);
}

TEST_CASE("a web configuration that cannot be read says why") {
  const LoadedWebConfig loaded = load_web_config("/nowhere/web.yml");
  REQUIRE(loaded.errors.size() == 1);
  CHECK(loaded.errors.front().to_string() == "/nowhere/web.yml: No such file or directory");
  CHECK_THAT(error_of("- a\n"), Contains("found a list; allowed is a map"));
  CHECK_THAT(errors_of("rate_limit: [\n").back(), Contains("found what is not YAML"));
}

}  // namespace
}  // namespace efa
