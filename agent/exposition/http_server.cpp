#include "agent/exposition/http_server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <civetweb.h>

#include "agent/exposition/blocked_signals.h"
#include "agent/exposition/exchange.h"
#include "agent/exposition/http_message.h"
#include "agent/exposition/listener.h"
#include "agent/exposition/server_sockets.h"

namespace efa {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long stop() waits for civetweb's threads when no request is left that could hold them.
constexpr milliseconds grace{250};
constexpr milliseconds pause{10};

// When all threads are taken: how long a connection may be silent before it is ended, which is also
// what a new one has to send its request; how often that is looked at, and when there is no choice.
constexpr milliseconds tolerated_silence{20};
constexpr milliseconds look_again{5};
constexpr int looks = 5;

// Consumes the body: the head is put in front of it, so that one send() takes both.
void send(mg_connection* connection, Exchange& exchange, bool keep_alive, bool with_body) {
  write_head(exchange.response, mg_get_response_code_text(connection, exchange.response.status),
             keep_alive, exchange.head);
  if (!keep_alive) {
    mg_disable_connection_keep_alive(connection);
  }
  const std::string& all =
      with_body ? exchange.response.body.insert(0, exchange.head) : exchange.head;
  mg_write(connection, all.data(), all.size());
}

void initialise_civetweb() {
  static const unsigned once = mg_init_library(0);  // never undone: its threads may outlive us
  static_cast<void>(once);
}

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(std::vector<Listener> listeners, unsigned threads, Handler handler, Observer observer)
      : threads_(std::max(threads, 2U)),
        handler_(std::move(handler)),
        observer_(std::move(observer)),
        sockets_(std::move(listeners)) {}

  void start();
  bool stop(milliseconds patience);

 private:
  static Impl& of(const mg_connection* connection) {
    return *static_cast<Impl*>(mg_get_user_data(mg_get_context(connection)));
  }
  static mg_callbacks callbacks();
  void take_over_listeners(const mg_context* context);

  int take_request(mg_connection* connection);
  void answer(mg_connection* connection, Exchange& exchange);
  void ask_handler(const mg_request_info& info, Exchange& exchange);
  void answer_broken_request(mg_connection* connection, int status);

  void connection_opened();
  void make_room();
  void connection_closed();
  void wait_for_connections(steady_clock::time_point deadline);

  const unsigned threads_;
  const Handler handler_;
  const Observer observer_;
  ExchangePool pool_;
  ServerSockets sockets_;
  mg_context* context_ = nullptr;
  bool listening_ = false;
  std::atomic<bool> stopping_ = false;

  std::mutex mutex_;
  std::condition_variable closed_;
  unsigned connections_ = 0;  // that threads have taken up
};

mg_callbacks HttpServer::Impl::callbacks() {
  mg_callbacks callbacks{};
  callbacks.init_context = [](const mg_context* context) {
    static_cast<Impl*>(mg_get_user_data(context))->take_over_listeners(context);
  };
  callbacks.begin_request = [](mg_connection* connection) {
    return of(connection).take_request(connection);
  };
  callbacks.http_error = [](mg_connection* connection, int status, const char*) {
    of(connection).answer_broken_request(connection, status);
    return 0;
  };
  callbacks.log_message = [](const mg_connection*, const char*) { return 1; };
  callbacks.init_connection = [](const mg_connection* connection, void**) {
    of(connection).connection_opened();
    return 0;
  };
  callbacks.connection_closed = [](const mg_connection* connection) {
    of(connection).connection_closed();
  };
  return callbacks;
}

void HttpServer::Impl::start() {
  const std::string placeholders = sockets_.placeholders();
  const std::string threads = std::to_string(threads_);
  // clang-format off
  std::array<const char*, 23> options = {
      "listening_ports", placeholders.c_str(),
      "num_threads", threads.c_str(),
      "max_request_size", "8192",
      "request_timeout_ms", "10000",
      "enable_keep_alive", "yes",
      "keep_alive_timeout_ms", "75000",  // more than the usual time between scrapes
      "tcp_nodelay", "1",
      "decode_url", "no",
      "enable_auth_domain_check", "no",
      "enable_directory_listing", "no",
      "cgi_pattern", "",
      nullptr};
  // clang-format on
  const mg_callbacks callbacks = Impl::callbacks();
  mg_init_data init{};
  init.callbacks = &callbacks;
  init.user_data = this;
  init.configuration_options = options.data();
  std::array<char, 256> problem{};
  mg_error_data error{};
  error.text = problem.data();
  error.text_buffer_size = problem.size();
  {
    const BlockedSignals blocked;
    initialise_civetweb();
    context_ = mg_start2(&init, &error);
  }
  if (context_ == nullptr) {
    throw std::runtime_error(std::string("cannot serve HTTP: ") + problem.data());
  }
  if (!listening_) {
    stop(milliseconds(0));
    throw std::runtime_error("cannot serve HTTP: no sockets in /proc/self/fd");
  }
}

// Called by civetweb between opening its sockets and starting its threads.
void HttpServer::Impl::take_over_listeners(const mg_context* context) {
  std::vector<mg_server_port> found(sockets_.places());
  mg_get_server_ports(context, static_cast<int>(found.size()), found.data());
  std::vector<std::uint16_t> ports(found.size());
  std::transform(found.begin(), found.end(), ports.begin(),
                 [](const mg_server_port& each) { return static_cast<std::uint16_t>(each.port); });
  listening_ = sockets_.put_listeners_in_place(ports);
}

// Called by civetweb, which is C: no exception may leave it.
int HttpServer::Impl::take_request(mg_connection* connection) {
  try {
    auto exchange = pool_.take();
    answer(connection, *exchange);
    const int status = exchange->response.status;
    pool_.give_back(std::move(exchange));
    return status;
  } catch (...) {  // no memory: half an answer may have been sent
    mg_disable_connection_keep_alive(connection);
    return 500;
  }
}

void HttpServer::Impl::answer(mg_connection* connection, Exchange& exchange) {
  const mg_request_info& info = *mg_get_request_info(connection);
  const std::string_view method = info.request_method;
  HttpResponse& response = exchange.response;
  bool keep_alive = wants_keep_alive(info);
  if (info.num_headers >= MG_MAX_HEADERS) {
    set_error(response, 431, "too many header fields");
    keep_alive = false;  // civetweb has not looked at those beyond, which may announce a body
  } else if (method != "GET" && method != "HEAD") {
    set_error(response, 405, "only GET and HEAD are understood");
    response.extra_headers = "Allow: GET, HEAD\r\n";
  } else if (!decode_path(info.local_uri_raw, exchange.path)) {
    set_error(response, 400, "the path is malformed");
  } else {
    ask_handler(info, exchange);
  }
  observer_(response.status);
  send(connection, exchange, keep_alive && !stopping_, method != "HEAD");
}

void HttpServer::Impl::ask_handler(const mg_request_info& info, Exchange& exchange) {
  HttpRequest request;
  request.method = info.request_method;
  request.path = exchange.path;
  request.accept = header(info, "Accept", exchange.joined[0]);
  request.accept_encoding = header(info, "Accept-Encoding", exchange.joined[1]);
  request.scrape_timeout = header(info, "X-Prometheus-Scrape-Timeout-Seconds", exchange.joined[2]);
  request.authorization = header(info, "Authorization", exchange.joined[3]);
  try {
    handler_(request, exchange.response);
  } catch (...) {
    set_error(exchange.response, 500, "internal error");
  }
}

void HttpServer::Impl::answer_broken_request(mg_connection* connection, int status) {
  mg_disable_connection_keep_alive(connection);
  try {
    Exchange exchange;
    set_error(exchange.response, status, mg_get_response_code_text(connection, status));
    observer_(status);
    send(connection, exchange, false, true);
  } catch (...) {  // NOLINT(bugprone-empty-catch): closing the connection is answer enough
  }
}

void HttpServer::Impl::connection_opened() {
  bool all_taken = false;
  {
    const std::lock_guard lock(mutex_);
    all_taken = ++connections_ >= threads_;
  }
  if (all_taken) {
    try {
      make_room();
    } catch (...) {  // NOLINT(bugprone-empty-catch): no memory; the next one may have better luck
    }
  }
}

// Has one thread free for the next connection, always: nothing would make room for it later.
void HttpServer::Impl::make_room() {
  for (int i = 0; i < looks; ++i) {
    if (sockets_.shut_down_quietest(tolerated_silence)) {
      return;
    }
    std::this_thread::sleep_for(look_again);
  }
  sockets_.shut_down_quietest(milliseconds(0));
}

void HttpServer::Impl::connection_closed() {
  const std::lock_guard lock(mutex_);
  --connections_;
  closed_.notify_all();
}

// Until the last connection has been closed. Asks again and again, because civetweb may accept one
// while the listeners are being closed, or take it out of its queue.
void HttpServer::Impl::wait_for_connections(steady_clock::time_point deadline) {
  while (sockets_.shut_down_connections(SHUT_RD) > 0 && steady_clock::now() < deadline) {
    std::unique_lock lock(mutex_);
    closed_.wait_until(lock, std::min(deadline, steady_clock::now() + pause));
  }
}

bool HttpServer::Impl::stop(milliseconds patience) {
  if (context_ == nullptr) {
    return true;
  }
  stopping_ = true;
  sockets_.close_listeners();
  wait_for_connections(steady_clock::now() + patience);
  sockets_.shut_down_connections(SHUT_RDWR);  // of those who do not read their answers

  std::packaged_task<void()> task(
      [self = shared_from_this(), context = std::exchange(context_, nullptr)] {
        mg_stop(context);
        self->sockets_.close_connections();  // what nobody had taken out of civetweb's queue
      });
  std::future<void> stopped = task.get_future();
  std::thread stopper(std::move(task));
  sockets_.wake_listeners();
  const auto deadline = steady_clock::now() + grace;
  while (stopped.wait_for(pause) != std::future_status::ready) {
    if (steady_clock::now() > deadline) {
      stopper.detach();
      return false;
    }
    sockets_.shut_down_connections(SHUT_RDWR);
  }
  stopper.join();
  return true;
}

HttpServer::HttpServer(const std::vector<std::string>& addresses, unsigned threads, Handler handler,
                       Observer observer) {
  std::vector<Listener> listeners;
  for (const auto& address : addresses) {
    auto more = listen_on(address);
    ports_.push_back(more.front().port());
    std::move(more.begin(), more.end(), std::back_inserter(listeners));
  }
  start(std::move(listeners), threads, std::move(handler), std::move(observer));
}

HttpServer::HttpServer(std::vector<Listener> listeners, unsigned threads, Handler handler,
                       Observer observer) {
  for (const auto& listener : listeners) {
    ports_.push_back(listener.port());
  }
  start(std::move(listeners), threads, std::move(handler), std::move(observer));
}

void HttpServer::start(std::vector<Listener> listeners, unsigned threads, Handler handler,
                       Observer observer) {
  impl_ = std::make_shared<Impl>(std::move(listeners), threads, std::move(handler),
                                 std::move(observer));
  impl_->start();
}

HttpServer::~HttpServer() { stop(std::chrono::seconds(1)); }

bool HttpServer::stop(milliseconds patience) { return impl_->stop(patience); }

}  // namespace efa
