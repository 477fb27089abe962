#include "agent/tls/tls_context.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "agent/tls/openssl_owned.h"
#include "config/config_file.h"
#include "config/option_values.h"
#include "config/quoting.h"

namespace efa {
namespace {

// What OpenSSL says of the last failure, which it then forgets.
std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "unknown error" : reason;
}

// Without this, OpenSSL would ask at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

// How clients are judged; lives as long as its SSL_CTX.
struct ClientPolicy {
  bool verify = false;
  std::vector<std::string> allowed_sans;
};

void free_policy(void* /*parent*/, void* policy, CRYPTO_EX_DATA* /*data*/, int /*index*/,
                 long /*argument*/, void* /*argument*/) {
  delete static_cast<ClientPolicy*>(policy);
}

int policy_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_policy);
  return index;
}

std::string_view bytes_of(const ASN1_STRING* string) {
  // The cast is OpenSSL's: unsigned char for what is text here.
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

// As text, for IP addresses in the form of inet_ntop(3), which is Go's, too.
std::string text_of(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_DNS:
      return std::string(bytes_of(name.d.dNSName));
    case GEN_EMAIL:
      return std::string(bytes_of(name.d.rfc822Name));
    case GEN_URI:
      return std::string(bytes_of(name.d.uniformResourceIdentifier));
    case GEN_IPADD: {
      constexpr std::size_t ipv4 = 4;
      const std::string_view bytes = bytes_of(name.d.iPAddress);
      std::array<char, INET6_ADDRSTRLEN> text{};
      if (bytes.size() != ipv4 && bytes.size() != sizeof(in6_addr)) {
        return {};
      }
      ::inet_ntop(bytes.size() == ipv4 ? AF_INET : AF_INET6, bytes.data(), text.data(),
                  text.size());
      return text.data();
    }
    default:
      return {};
  }
}

bool has_allowed_san(X509* certificate, const std::vector<std::string>& allowed) {
  const std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const std::string san = text_of(*sk_GENERAL_NAME_value(names.get(), i));
    if (!san.empty() && std::find(allowed.begin(), allowed.end(), san) != allowed.end()) {
      return true;
    }
  }
  return false;
}

// Called by OpenSSL with the certificate that a client has sent.
int judge_client(X509_STORE_CTX* store, void* argument) {
  const auto& policy = *static_cast<const ClientPolicy*>(argument);
  if (policy.verify && X509_verify_cert(store) <= 0) {
    return 0;
  }
  try {
    if (policy.allowed_sans.empty() ||
        has_allowed_san(X509_STORE_CTX_get0_cert(store), policy.allowed_sans)) {
      return 1;
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch): OpenSSL is C; no memory is no certificate
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void* /*argument*/) {
  static constexpr std::array<unsigned char, 9> ours{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, size, ours.data(), ours.size(), offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

int version_number(TlsVersion version) {
  return version == TlsVersion::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

int verify_mode(ClientAuth client_auth) {
  switch (client_auth) {
    case ClientAuth::none:
      return SSL_VERIFY_NONE;
    case ClientAuth::request:
    case ClientAuth::verify_if_given:
      return SSL_VERIFY_PEER;
    case ClientAuth::require_any:
    case ClientAuth::require:
      break;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

class ContextLoader {
 public:
  ContextLoader(const LoadedWebConfig& loaded, LoadedTlsContext& result)
      : loaded_(loaded),
        tls_(*loaded.config.tls),
        result_(result),
        context_(SSL_CTX_new(TLS_server_method())) {}

  void load() {
    if (!context_) {
      result_.errors.push_back({loaded_.file, 0, 0, "OpenSSL: " + openssl_reason()});
      return;
    }
    set_rules();
    const bool has_certificate = load_certificate();
    if (load_key() && has_certificate) {
      check_pair();
    }
    if (tls_.client_ca.is_given()) {
      load_client_ca();
    }
    set_client_policy();
    if (result_.errors.empty()) {
      result_.context = std::shared_ptr<SSL_CTX>(std::move(context_));
    }
  }

 private:
  void set_rules();
  void set_client_policy();
  bool load_certificate();
  bool load_key();
  void check_pair();
  void load_client_ca();
  void warn_of_dates(const X509* certificate);

  // The bytes of a file, or what stands in place of one; nothing, and an error, if it cannot be
  // read.
  Bio open(const PemSource& source, const std::string& name, std::string& text);
  void object(const PemSource& source, const std::string& name, const std::string& which);

  const LoadedWebConfig& loaded_;
  const WebConfig::Tls& tls_;
  LoadedTlsContext& result_;
  std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context_;
};

void ContextLoader::object(const PemSource& source, const std::string& name,
                           const std::string& which) {
  const std::string found = source.file.empty() ? "a text" : shown(source.file);
  const std::string what = name == "key" ? "a private key" : "a certificate";
  result_.errors.push_back(loaded_.error_at(
      "tls_server_config." + name + (source.file.empty() ? "" : "_file"),
      problem_message(found + ", " + which,
                      (source.file.empty() ? "" : "a file with ") + what + " in PEM format")));
}

Bio ContextLoader::open(const PemSource& source, const std::string& name, std::string& text) {
  text = source.text;
  if (!source.file.empty()) {
    text.clear();
    if (const std::string problem = read_config_file(source.file, text); !problem.empty()) {
      object(source, name, "which cannot be read: " + problem);
      return nullptr;
    }
  }
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

void ContextLoader::set_rules() {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_min_proto_version(context, version_number(tls_.min_version));
  SSL_CTX_set_max_proto_version(context, version_number(tls_.max_version));
  SSL_CTX_set_options(context,
                      SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                          (tls_.prefer_server_cipher_suites ? SSL_OP_CIPHER_SERVER_PREFERENCE : 0));
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);

  std::string suites;
  for (const std::string& suite : tls_.cipher_suites) {
    suites += (suites.empty() ? "" : ":") + suite;
  }
  const char* const sound_ones = "ECDHE+AESGCM:ECDHE+CHACHA20";
  if (SSL_CTX_set_cipher_list(context, suites.empty() ? sound_ones : suites.c_str()) != 1) {
    result_.errors.push_back(loaded_.error_at("tls_server_config.cipher_suites",
                                              "OpenSSL takes none of them: " + openssl_reason()));
  }
  std::string curves;
  for (const std::string& curve : tls_.curves) {
    curves += (curves.empty() ? "" : ":") + curve;
  }
  if (!curves.empty() && SSL_CTX_set1_groups_list(context, curves.c_str()) != 1) {
    result_.errors.push_back(loaded_.error_at("tls_server_config.curve_preferences",
                                              "OpenSSL does not take them: " + openssl_reason()));
  }
}

bool ContextLoader::load_certificate() {
  std::string text;
  const Bio bio = open(tls_.certificate, "cert", text);
  if (!bio) {
    return false;
  }
  const Certificate leaf(PEM_read_bio_X509_AUX(bio.get(), nullptr, no_passphrase, nullptr));
  if (!leaf) {
    ERR_clear_error();
    object(tls_.certificate, "cert", "in which there is no certificate");
    return false;
  }
  if (SSL_CTX_use_certificate(context_.get(), leaf.get()) != 1) {
    object(tls_.certificate, "cert", "which OpenSSL does not take: " + openssl_reason());
    return false;
  }
  warn_of_dates(leaf.get());
  while (Certificate above{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
    if (SSL_CTX_add0_chain_cert(context_.get(), above.get()) == 1) {
      static_cast<void>(above.release());  // the context's now
    }
  }
  ERR_clear_error();  // that there are no more
  return true;
}

void ContextLoader::warn_of_dates(const X509* certificate) {
  const std::string name = tls_.certificate.file.empty() ? loaded_.file : tls_.certificate.file;
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
    result_.warnings.push_back(name + ": the certificate has expired");
  } else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    result_.warnings.push_back(name + ": the certificate is not valid yet");
  }
}

bool ContextLoader::load_key() {
  std::string text;
  const Bio bio = open(tls_.key, "key", text);
  if (!bio) {
    return false;
  }
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  OPENSSL_cleanse(text.data(), text.size());
  if (!key) {
    ERR_clear_error();
    object(tls_.key, "key", "in which there is no private key without a passphrase");
    return false;
  }
  // Says no if it does not fit the certificate, which check_pair() tells in clearer words.
  static_cast<void>(SSL_CTX_use_PrivateKey(context_.get(), key.get()));
  ERR_clear_error();
  return true;
}

void ContextLoader::check_pair() {
  if (SSL_CTX_check_private_key(context_.get()) != 1) {
    ERR_clear_error();
    object(tls_.key, "key", "which does not belong to the certificate");
  }
}

void ContextLoader::load_client_ca() {
  std::string text;
  const Bio bio = open(tls_.client_ca, "client_ca", text);
  if (!bio) {
    return;
  }
  // As in Go each of them is trusted by itself: an intermediate CA needs no root beside it.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context_.get()), X509_V_FLAG_PARTIAL_CHAIN);
  int count = 0;
  X509_STORE* const store = SSL_CTX_get_cert_store(context_.get());
  while (const Certificate ca{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
    X509_STORE_add_cert(store, ca.get());
    SSL_CTX_add_client_CA(context_.get(), ca.get());
    ++count;
  }
  ERR_clear_error();
  if (count == 0) {
    object(tls_.client_ca, "client_ca", "in which there is no certificate");
  }
}

void ContextLoader::set_client_policy() {
  auto policy = std::make_unique<ClientPolicy>();
  policy->verify =
      tls_.client_auth == ClientAuth::verify_if_given || tls_.client_auth == ClientAuth::require;
  policy->allowed_sans = tls_.client_allowed_sans;
  SSL_CTX_set_verify(context_.get(), verify_mode(tls_.client_auth), nullptr);
  SSL_CTX_set_cert_verify_callback(context_.get(), judge_client, policy.get());
  if (SSL_CTX_set_ex_data(context_.get(), policy_index(), policy.get()) == 1) {
    static_cast<void>(policy.release());  // the context's now
  } else {
    result_.errors.push_back({loaded_.file, 0, 0, "OpenSSL: " + openssl_reason()});
  }
}

}  // namespace

LoadedTlsContext load_tls_context(const LoadedWebConfig& loaded) {
  LoadedTlsContext result;
  ContextLoader(loaded, result).load();
  return result;
}

}  // namespace efa
