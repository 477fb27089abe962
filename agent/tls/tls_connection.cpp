#include "agent/tls/tls_connection.h"

#include <sys/socket.h>

#include <string>
#include <utility>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <openssl/ssl.h>

#include "agent/exposition/http_message.h"

namespace efa {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using std::chrono::steady_clock;

constexpr std::uint32_t largest_head = 8192;

constexpr std::string_view refusal_of_plain_http =
    "HTTP/1.0 400 Bad Request\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Connection: close\r\n"
    "\r\n"
    "Client sent an HTTP request to an HTTPS server.\n";

bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::string_view reason_of_status(int status) {
  return view(http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status))));
}

// "http://host:port/path" is "/path"; then without the query.
std::string_view path_of(std::string_view target) {
  if (!target.starts_with('/')) {
    const std::size_t authority = target.find("://");
    const std::size_t path =
        target.find('/', authority == std::string_view::npos ? 0 : authority + 3);
    target = path == std::string_view::npos ? std::string_view{} : target.substr(path);
  }
  return target.substr(0, target.find('?'));
}

// What to answer to a request that Beast does not understand.
int status_of(const boost::system::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return 431;
  }
  return error == http::error::bad_version ? 505 : 400;
}

}  // namespace

TlsConnection::TlsConnection(std::shared_ptr<TlsHost> host, tcp::socket socket)
    : host_(std::move(host)),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      buffer_(std::size_t{2} * largest_head),
      quiet_since_(steady_clock::now()) {}

void TlsConnection::start() {
  Error ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  limit(host_->limits().handshake);
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](Error error) {
    error || self->aborted_ ? self->end() : self->on_first_bytes();
  });
}

// Replaces the limit before.
void TlsConnection::limit(std::chrono::milliseconds duration) {
  timer_.expires_after(duration);
  timer_.async_wait([self = shared_from_this()](Error error) {
    if (!error && self->timer_.expiry() <= steady_clock::now()) {
      self->abort();
    }
  });
}

void TlsConnection::enter(Phase phase) {
  phase_ = phase;
  quiet_since_ = steady_clock::now();
}

void TlsConnection::end_if_idle() {
  if (phase_ == Phase::greeting || phase_ == Phase::waiting || phase_ == Phase::reading) {
    abort();
  }
}

// What waits for the socket or the timer is woken, and finds that it has ended. A handler is left
// to return first.
void TlsConnection::abort() {
  Error ignored;
  aborted_ = true;
  timer_.cancel();
  socket_.close(ignored);
  if (phase_ != Phase::answering && phase_ != Phase::ended) {
    phase_ = Phase::ended;
    host_->ended(shared_from_this());
  }
}

void TlsConnection::end() {
  if (phase_ != Phase::ended) {
    phase_ = Phase::closing;
    abort();
  }
}

// A TLS client begins with a byte that no letter is.
void TlsConnection::on_first_bytes() {
  char first = 0;
  if (::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
    end();
  } else if (is_letter(first)) {
    refuse_plain_http();
  } else {
    handshake();
  }
}

// By way of a worker: see TlsServer.
void TlsConnection::refuse_plain_http() {
  enter(Phase::answering);
  host_->run_in_worker([self = shared_from_this()] {
    self->host_->observe(400);
    self->host_->run_in_loop([self] { self->send_refusal(); });
  });
}

void TlsConnection::send_refusal() {
  if (aborted_) {
    end();
    return;
  }
  enter(Phase::sending);
  asio::async_write(socket_,
                    asio::buffer(refusal_of_plain_http.data(), refusal_of_plain_http.size()),
                    [self = shared_from_this()](Error error, std::size_t) {
                      error ? self->end() : self->drain();
                    });
}

void TlsConnection::handshake() {
  const auto context = host_->context();
  SSL_CTX_up_ref(context.get());
  asio::ssl::context borrowed(context.get());  // gives back what it got
  stream_.emplace(socket_, borrowed);
  stream_->async_handshake(asio::ssl::stream_base::server,
                           [self = shared_from_this()](Error error) {
                             if (error) {
                               self->drain();  // the client may have yet to read why
                               return;
                             }
                             self->established_ = true;
                             self->wait_for_request(self->host_->limits().request);
                           });
}

void TlsConnection::wait_for_request(std::chrono::milliseconds patience) {
  if (aborted_ || host_->is_stopping()) {
    close_politely();
    return;
  }
  enter(Phase::waiting);
  if (buffer_.size() > 0) {
    read_request();
    return;
  }
  constexpr std::size_t usual_head = 1024;
  limit(patience);
  stream_->async_read_some(buffer_.prepare(usual_head),
                           [self = shared_from_this()](Error error, std::size_t size) {
                             if (error || self->aborted_) {
                               self->close_politely();
                               return;
                             }
                             self->buffer_.commit(size);
                             self->read_request();
                           });
}

void TlsConnection::read_request() {
  enter(Phase::reading);
  limit(host_->limits().request);
  parser_.emplace();
  parser_->header_limit(largest_head);
  parser_->skip(true);  // bodies are never read
  http::async_read_header(
      *stream_, buffer_, *parser_,
      [self = shared_from_this()](Error error, std::size_t) { self->on_request(error); });
}

void TlsConnection::on_request(Error error) {
  if (aborted_) {
    end();
  } else if (!error) {
    hand_over();
  } else if (error == http::error::end_of_stream || error == http::error::partial_message ||
             error.category() != http::make_error_code(http::error::bad_method).category()) {
    close_politely();
  } else {
    answer_broken_request(status_of(error));
  }
}

void TlsConnection::hand_over() {
  try {
    exchange_ = host_->pool().take();
    enter(Phase::answering);
    timer_.cancel();
    host_->run_in_worker([self = shared_from_this()] { self->answer(); });
  } catch (...) {  // no memory
    end();
  }
}

void TlsConnection::answer_broken_request(int status) {
  exchange_ = host_->pool().take();
  set_error(exchange_->response, status, reason_of_status(status));
  keep_alive_ = false;
  host_->observe(status);
  write_head(exchange_->response, reason_of_status(status), false, exchange_->head);
  exchange_->response.body.insert(0, exchange_->head);
  send();
}

// In a worker.
void TlsConnection::answer() {
  HttpResponse& response = exchange_->response;
  const http::verb method = parser_->get().method();
  try {
    if (method != http::verb::get && method != http::verb::head) {
      set_error(response, 405, "only GET and HEAD are understood");
      response.extra_headers = "Allow: GET, HEAD\r\n";
    } else if (!decode_path(path_of(view(parser_->get().target())), exchange_->path) ||
               exchange_->path.empty()) {
      set_error(response, 400, "the path is malformed");
    } else {
      ask();
    }
    keep_alive_ = wants_keep_alive() && !host_->is_stopping();
    host_->observe(response.status);
    write_head(response, reason_of_status(response.status), keep_alive_, exchange_->head);
    if (method == http::verb::head) {
      response.body.clear();
    }
    response.body.insert(0, exchange_->head);
  } catch (...) {  // no memory
    keep_alive_ = false;
    response.body.clear();
  }
  host_->run_in_loop([self = shared_from_this()] { self->send(); });
}

// In a worker.
void TlsConnection::ask() {
  HttpRequest request;
  request.method = parser_->get().method() == http::verb::get ? "GET" : "HEAD";
  request.path = exchange_->path;
  request.accept = field("Accept", exchange_->joined[0]);
  request.accept_encoding = field("Accept-Encoding", exchange_->joined[1]);
  request.scrape_timeout = field("X-Prometheus-Scrape-Timeout-Seconds", exchange_->joined[2]);
  request.authorization = field("Authorization", exchange_->joined[3]);
  host_->ask_handler(request, exchange_->response);
}

std::string_view TlsConnection::field(std::string_view name, std::string& together) const {
  const auto [begin, end] = parser_->get().equal_range({name.data(), name.size()});
  if (begin == end) {
    return {};
  }
  if (std::next(begin) == end) {
    return view(begin->value());
  }
  for (auto each = begin; each != end; ++each) {
    together.append(together.empty() ? "" : ", ").append(view(each->value()));
  }
  return together;
}

// Bodies are never read: whoever sends one has the connection closed on it.
bool TlsConnection::wants_keep_alive() const {
  const auto& request = parser_->get();
  const auto length = parser_->content_length();
  return request.keep_alive() && !request.chunked() && (!length || *length == 0) &&
         request.find(http::field::upgrade) == request.end();
}

void TlsConnection::send() {
  if (aborted_) {
    end();
    return;
  }
  enter(Phase::sending);
  limit(host_->limits().request);
  asio::async_write(*stream_, asio::buffer(exchange_->response.body),
                    [self = shared_from_this()](Error error, std::size_t) {
                      self->host_->pool().give_back(std::move(self->exchange_));
                      if (error) {
                        self->end();
                      } else if (self->keep_alive_) {
                        self->wait_for_request(self->host_->limits().keep_alive);
                      } else {
                        self->close_politely();
                      }
                    });
}

void TlsConnection::close_politely() {
  if (aborted_) {
    end();
    return;
  }
  enter(Phase::closing);
  limit(host_->limits().farewell);
  stream_->async_shutdown([self = shared_from_this()](Error) { self->drain(); });
}

// What the client still sends is taken and dropped: closing with it unread would be a reset, which
// can overtake what the client has yet to read.
void TlsConnection::drain() {
  if (aborted_) {
    end();
    return;
  }
  if (phase_ != Phase::closing) {
    enter(Phase::closing);
    limit(host_->limits().farewell);
  }
  Error ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  socket_.async_read_some(asio::buffer(unwanted_),
                          [self = shared_from_this()](Error error, std::size_t) {
                            error ? self->end() : self->drain();
                          });
}

}  // namespace efa
