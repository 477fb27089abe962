#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "tests/support/catch.h"
#include "tests/tls/served_tls.h"

namespace efa::test {
namespace {

using Catch::Contains;
using Catch::StartsWith;

const MadeCertificate& identity() {
  static const MadeCertificate made = make_certificate(ca(), {"client", "DNS:prometheus"});
  return made;
}

LoadedWebConfig verifying(ClientAuth client_auth) {
  LoadedWebConfig loaded = web_config();
  loaded.config.tls->client_auth = client_auth;
  if (client_auth == ClientAuth::verify_if_given || client_auth == ClientAuth::require) {
    loaded.config.tls->client_ca.text = ca().certificate;
  }
  return loaded;
}

TEST_CASE("clients need a certificate of the CA where they must be verified") {
  const MadeCertificate other = make_certificate(make_ca("CA"), {"client"});
  const MadeCertificate expired = make_certificate(ca(), {"client", "", -7200, -3600});
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const auto with = [version](const MadeCertificate& own) { return TlsWish{"", own, version, ""}; };
  const TlsWish without{"", {}, version, ""};
  const auto good = StartsWith("HTTP/1.1 200 ");
  CAPTURE(version);
  SECTION("RequireAndVerifyClientCert") {
    Served served(verifying(ClientAuth::require));
    CHECK_THAT(outcome(served.port, with(identity())), good);
    CHECK_THAT(outcome(served.port, without), Contains("alert"));
    CHECK_THAT(outcome(served.port, with(other)), Contains("alert"));
    CHECK_THAT(outcome(served.port, with(expired)), Contains("certificate expired"));
    CHECK(served.statuses() == std::vector<int>{200});
  }
  SECTION("VerifyClientCertIfGiven") {
    Served served(verifying(ClientAuth::verify_if_given));
    CHECK_THAT(outcome(served.port, with(identity())), good);
    CHECK_THAT(outcome(served.port, without), good);
    CHECK_THAT(outcome(served.port, with(other)), Contains("alert"));
  }
  SECTION("RequireAnyClientCert") {
    Served served(verifying(ClientAuth::require_any));
    CHECK_THAT(outcome(served.port, with(other)), good);
    CHECK_THAT(outcome(served.port, without), Contains("alert"));
  }
  SECTION("RequestClientCert") {
    Served served(verifying(ClientAuth::request));
    CHECK_THAT(outcome(served.port, with(other)), good);
    CHECK_THAT(outcome(served.port, without), good);
  }
}

TEST_CASE("an intermediate CA is trusted by itself, without its root") {
  const auto intermediate_of = [](long ends_in_seconds) {
    return make_certificate(ca(), {"between", "", -7200, ends_in_seconds, true});
  };
  const MadeCertificate between = intermediate_of(3600);
  const auto of = [](const MadeCertificate& issuer, long ends_in_seconds) {
    return TlsWish{"", make_certificate(issuer, {"client", "", -7200, ends_in_seconds}),
                   TLS1_3_VERSION, ""};
  };
  LoadedWebConfig config = verifying(ClientAuth::require);
  config.config.tls->client_ca.text = between.certificate;
  Served served(config);
  CHECK_THAT(outcome(served.port, of(between, 3600)), StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(outcome(served.port, of(between, -3600)), Contains("certificate expired"));
  // Of its root, of an intermediate of the same name, of a CA that is none of theirs.
  CHECK_THAT(outcome(served.port, of(ca(), 3600)), Contains("alert"));
  CHECK_THAT(outcome(served.port, of(intermediate_of(3600), 3600)), Contains("alert"));
  CHECK_THAT(outcome(served.port, of(make_ca("CA"), 3600)), Contains("alert"));

  const MadeCertificate old = intermediate_of(-3600);
  config.config.tls->client_ca.text = old.certificate;
  served.change(config);
  CHECK_THAT(outcome(served.port, of(old, 3600)), Contains("certificate expired"));
}

TEST_CASE("of the CA's clients only those with an allowed name are let in") {
  LoadedWebConfig config = verifying(ClientAuth::require);
  const auto of = [](const std::string& san) {
    return TlsWish{"", make_certificate(ca(), {"client", san}), 0, ""};
  };
  config.config.tls->client_allowed_sans = {"prometheus", "10.0.0.1", "::1", "spiffe://a/b",
                                            "ops@example.com"};
  Served served(config);
  for (const char* san : {"DNS:prometheus", "DNS:x,DNS:prometheus", "IP:10.0.0.1", "IP:::1",
                          "URI:spiffe://a/b", "email:ops@example.com"}) {
    CAPTURE(san);
    CHECK_THAT(outcome(served.port, of(san)), StartsWith("HTTP/1.1 200 "));
  }
  for (const char* san : {"DNS:prometheus.example.com", "IP:10.0.0.2", "DNS:PROMETHEUS", ""}) {
    CAPTURE(san);
    CHECK_THAT(outcome(served.port, of(san)), Contains("alert"));
  }
}

}  // namespace
}  // namespace efa::test
