#pragma once

#include <string>

namespace efa::test {

/// A certificate and its private key, in PEM format.
struct MadeCertificate {
  std::string certificate;
  std::string key;
};

struct CertificateWish {
  std::string name = "localhost";
  std::string san = "DNS:localhost,IP:127.0.0.1";  // as in openssl.cnf; empty: none
  long begins_in_seconds = -60;
  long ends_in_seconds = 3600;
  bool is_ca = false;
};

/// One that signed itself, good as a CA.
MadeCertificate make_ca(const std::string& name);

/// One that a CA signed, good for servers and clients, or as an intermediate CA.
MadeCertificate make_certificate(const MadeCertificate& ca, const CertificateWish& wish = {});

}  // namespace efa::test
