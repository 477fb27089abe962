#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "agent/exposition/exchange.h"
#include "agent/tls/tls_server.h"
#include "collectors/base/clock.h"

namespace efa {

class TlsConnection;

/// What a connection needs of its server. Everything but answer() and observe() is of the server's
/// own thread, the loop.
class TlsHost {
 public:
  TlsHost() = default;
  TlsHost(const TlsHost&) = delete;
  TlsHost& operator=(const TlsHost&) = delete;
  virtual ~TlsHost() = default;

  virtual std::shared_ptr<SSL_CTX> context() = 0;
  [[nodiscard]] virtual const TlsServer::Limits& limits() const = 0;
  [[nodiscard]] virtual bool is_stopping() const = 0;
  virtual void run_in_worker(std::function<void()> job) = 0;
  virtual void ended(const std::shared_ptr<TlsConnection>& connection) = 0;

  virtual ExchangePool& pool() = 0;
  virtual void ask_handler(const HttpRequest& request, HttpResponse& response) = 0;
  virtual void observe(int status) = 0;
  /// Lets the loop do something, unless it has ended.
  virtual void run_in_loop(std::function<void()> job) = 0;
};

/// One client: handshake, requests, answers, end.
///
/// Threads  the loop's, but for what runs in a worker while the loop leaves it alone
class TlsConnection : public std::enable_shared_from_this<TlsConnection> {
 public:
  TlsConnection(std::shared_ptr<TlsHost> host, boost::asio::ip::tcp::socket socket);

  void start();
  /// Ends it at once if it waits for a request, or has not come to one.
  void end_if_idle();
  /// Ends it as soon as its handler has returned, whatever else it does.
  void abort();

  [[nodiscard]] bool is_answering() const { return phase_ == Phase::answering; }
  [[nodiscard]] bool is_established() const { return established_; }
  [[nodiscard]] bool is_aborted() const { return aborted_; }
  [[nodiscard]] SteadyTime quiet_since() const { return quiet_since_; }

 private:
  enum class Phase : std::uint8_t {
    greeting,
    waiting,
    reading,
    answering,
    sending,
    closing,
    ended
  };
  using Error = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;

  void limit(std::chrono::milliseconds duration);
  void enter(Phase phase);
  void end();

  void on_first_bytes();
  void refuse_plain_http();
  void send_refusal();
  void handshake();

  void wait_for_request(std::chrono::milliseconds patience);
  void read_request();
  void on_request(Error error);
  void hand_over();
  void answer();
  void answer_broken_request(int status);
  void ask();
  void send();
  void close_politely();
  void drain();

  [[nodiscard]] bool wants_keep_alive() const;
  std::string_view field(std::string_view name, std::string& together) const;

  const std::shared_ptr<TlsHost> host_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::unique_ptr<Exchange> exchange_;
  std::array<char, 512> unwanted_{};
  Phase phase_ = Phase::greeting;
  bool established_ = false;
  bool aborted_ = false;
  bool keep_alive_ = false;
  SteadyTime quiet_since_;
};

}  // namespace efa
