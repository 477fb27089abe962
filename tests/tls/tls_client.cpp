#include "tests/tls/tls_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace efa::test {
namespace {

[[noreturn]] void fail(const std::string& what) {
  const unsigned long code = ERR_peek_last_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  throw std::runtime_error(what + ": " + (reason == nullptr ? "the connection ended" : reason));
}

std::shared_ptr<BIO> bio_of(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

std::shared_ptr<X509> certificate_of(const std::string& text) {
  return {PEM_read_bio_X509(bio_of(text).get(), nullptr, nullptr, nullptr), X509_free};
}

void set_up(SSL_CTX* context, const TlsWish& wish) {
  if (!wish.ca.empty()) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate_of(wish.ca).get());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  if (wish.identity) {
    const std::shared_ptr<EVP_PKEY> key(
        PEM_read_bio_PrivateKey(bio_of(wish.identity->key).get(), nullptr, nullptr, nullptr),
        EVP_PKEY_free);
    SSL_CTX_use_certificate(context, certificate_of(wish.identity->certificate).get());
    SSL_CTX_use_PrivateKey(context, key.get());
  }
  if (wish.version != 0) {
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, wish.version);
    SSL_CTX_set_max_proto_version(context, wish.version);
  }
  if (!wish.protocols.empty()) {
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(wish.protocols.data()),
                            static_cast<unsigned>(wish.protocols.size()));
  }
}

}  // namespace

UniqueFd connect_to(std::uint16_t port) {
  constexpr timeval patience{20, 0};
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::system_error(errno, std::generic_category(), "connect");
  }
  return fd;
}

TlsClient::TlsClient(std::uint16_t port, const TlsWish& wish)
    : fd_(connect_to(port)), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
  set_up(context_.get(), wish);
  ssl_.reset(SSL_new(context_.get()), SSL_free);
  SSL_set_fd(ssl_.get(), fd_.get());
  SSL_set1_host(ssl_.get(), wish.ca.empty() ? nullptr : "localhost");
  if (SSL_connect(ssl_.get()) != 1) {
    fail("handshake");
  }
}

void TlsClient::send(std::string_view bytes) {
  if (SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) {
    fail("send");
  }
}

bool TlsClient::receive() {
  std::array<char, 16384> buffer{};
  const int size = SSL_read(ssl_.get(), buffer.data(), buffer.size());
  if (size <= 0) {
    if (SSL_get_error(ssl_.get(), size) == SSL_ERROR_ZERO_RETURN) {
      return false;
    }
    fail("receive");
  }
  received_.append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

std::string TlsClient::read_answer() {
  const auto size = [this]() -> std::size_t {
    const auto end = received_.find("\r\n\r\n");
    const auto length = received_.find("Content-Length: ");
    return end == std::string::npos ? std::string::npos
                                    : end + 4 + std::stoul(received_.substr(length + 16));
  };
  while (size() == std::string::npos || received_.size() < size()) {
    if (!receive()) {
      throw std::runtime_error("the connection ended within an answer");
    }
  }
  std::string answer = received_.substr(0, size());
  received_.erase(0, answer.size());
  return answer;
}

std::string TlsClient::read_to_end() {
  while (receive()) {
  }
  return std::move(received_);
}

std::string TlsClient::get(std::string_view path, std::string_view extra_headers) {
  send("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" +
       std::string(extra_headers) + "\r\n");
  return read_answer();
}

std::string TlsClient::server_name() const {
  std::array<char, 64> name{};
  const std::shared_ptr<X509> certificate(SSL_get1_peer_certificate(ssl_.get()), X509_free);
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(),
                            name.size());
  return name.data();
}

std::string TlsClient::version() const { return SSL_get_version(ssl_.get()); }

std::string TlsClient::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace efa::test
