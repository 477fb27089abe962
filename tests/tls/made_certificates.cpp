#include "tests/tls/made_certificates.h"

#include <atomic>
#include <memory>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "agent/tls/openssl_owned.h"

namespace efa::test {
namespace {

void require(bool fine) {
  if (!fine) {
    throw std::runtime_error("OpenSSL made no certificate");
  }
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

MadeCertificate make(const CertificateWish& wish, const MadeCertificate* ca) {
  static std::atomic<long> serial{1};
  const Key key(EVP_EC_gen("P-256"));
  const Certificate made(X509_new());
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), wish.begins_in_seconds);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), wish.ends_in_seconds);
  X509_set_pubkey(made.get(), key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1, -1, 0);
  Certificate issuer;
  Key issuer_key;
  if (ca != nullptr) {
    const Bio text(
        BIO_new_mem_buf(ca->certificate.data(), static_cast<int>(ca->certificate.size())));
    issuer.reset(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    const Bio key_text(BIO_new_mem_buf(ca->key.data(), static_cast<int>(ca->key.size())));
    issuer_key.reset(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
  }
  X509* const by = issuer ? issuer.get() : made.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(by));
  add_extension(made.get(), by, NID_basic_constraints,
                wish.is_ca ? "critical,CA:TRUE" : "CA:FALSE");
  if (issuer && !wish.san.empty()) {
    add_extension(made.get(), by, NID_subject_alt_name, wish.san);
  }
  require(X509_sign(made.get(), issuer ? issuer_key.get() : key.get(), EVP_sha256()) > 0);

  const Bio certificate_text(BIO_new(BIO_s_mem()));
  const Bio key_text(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_X509(certificate_text.get(), made.get()) == 1 &&
          PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                   nullptr) == 1);
  return {text_of(certificate_text), text_of(key_text)};
}

}  // namespace

MadeCertificate make_ca(const std::string& name) {
  CertificateWish wish{name, ""};
  wish.is_ca = true;
  return make(wish, nullptr);
}

MadeCertificate make_certificate(const MadeCertificate& ca, const CertificateWish& wish) {
  return make(wish, &ca);
}

}  // namespace efa::test
