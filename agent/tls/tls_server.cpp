#include "agent/tls/tls_server.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <iterator>
#include <list>
#include <mutex>
#include <set>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "agent/exposition/listener.h"
#include "agent/tls/tls_connection.h"
#include "agent/tls/workers.h"

namespace efa {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long stop() waits for what should be over.
constexpr milliseconds grace{250};

// When there are as many connections as there may be: how long one may be silent before it is
// ended, how often that is looked at, and when there is no choice.
constexpr milliseconds tolerated_silence{20};
constexpr milliseconds look_again{5};
constexpr int looks = 5;

constexpr std::size_t stack_of_loop = std::size_t{256} * 1024;

}  // namespace

class TlsServer::Impl final : public TlsHost, public std::enable_shared_from_this<Impl> {
 public:
  Impl(unsigned most, Context context, Handler handler, Observer observer, Limits limits)
      : most_(std::max(most, 2U)),
        context_(std::move(context)),
        handler_(std::move(handler)),
        observer_(std::move(observer)),
        limits_(limits),
        workers_(most_) {}

  void start(std::vector<Listener> listeners);
  bool stop(milliseconds patience);

  std::shared_ptr<SSL_CTX> context() override { return context_(); }
  [[nodiscard]] const Limits& limits() const override { return limits_; }
  [[nodiscard]] bool is_stopping() const override { return stopping_; }
  void run_in_worker(std::function<void()> job) override { workers_.run(std::move(job)); }
  void ended(const std::shared_ptr<TlsConnection>& connection) override;
  ExchangePool& pool() override { return pool_; }
  void ask_handler(const HttpRequest& request, HttpResponse& response) override;
  void observe(int status) override { observer_(status); }
  void run_in_loop(std::function<void()> job) override;

 private:
  struct Door {
    tcp::acceptor acceptor;
    asio::steady_timer pause;
  };
  using Connections = std::set<std::shared_ptr<TlsConnection>>;

  void run_loop();
  void accept(Door& door);
  void admit(tcp::socket socket);
  void count_connections();
  void accept_when_there_is_room(Door& door, int look);
  void accept_after(Door& door, milliseconds pause, int look);
  bool end_quietest(milliseconds at_least);
  void close_doors();
  bool wait_until_empty(steady_clock::time_point deadline);

  const unsigned most_;
  const Context context_;
  const Handler handler_;
  const Observer observer_;
  const Limits limits_;
  ExchangePool pool_;
  Workers workers_;
  std::atomic<bool> stopping_ = false;

  // Of the loop.
  asio::io_context loop_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{loop_.get_executor()};
  std::list<Door> doors_;
  Connections connections_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::size_t open_ = 0;  // connections
  bool closed_ = true;    // to jobs
  bool loop_ended_ = true;

  SmallThread thread_;  // of the loop
};

void TlsServer::Impl::start(std::vector<Listener> listeners) {
  for (Listener& listener : listeners) {
    Door& door = doors_.emplace_back(Door{tcp::acceptor(loop_), asio::steady_timer(loop_)});
    door.acceptor.assign(listener.address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(),
                         listener.fd.release());
    accept(door);
  }
  ::signal(SIGPIPE, SIG_IGN);  // NOLINT(bugprone-signal-handler)
  closed_ = loop_ended_ = false;
  thread_ = SmallThread(stack_of_loop, [self = shared_from_this()] { self->run_loop(); });
}

void TlsServer::Impl::run_loop() {
  bool done = false;
  while (!done) {
    try {
      loop_.run();
      done = true;
    } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for one connection; the others go on
    }
  }
  const std::lock_guard lock(mutex_);
  loop_ended_ = true;
  changed_.notify_all();
}

void TlsServer::Impl::run_in_loop(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (!closed_) {
    asio::post(loop_, std::move(job));
  }
}

void TlsServer::Impl::ask_handler(const HttpRequest& request, HttpResponse& response) {
  try {
    handler_(request, response);
  } catch (...) {
    set_error(response, 500, "internal error");
  }
}

void TlsServer::Impl::accept(Door& door) {
  door.acceptor.async_accept([this, &door](boost::system::error_code error, tcp::socket socket) {
    if (!door.acceptor.is_open()) {
      return;
    }
    if (error) {  // no descriptors, most likely
      end_quietest(tolerated_silence);
      accept_after(door, tolerated_silence, 0);
      return;
    }
    admit(std::move(socket));
    accept_when_there_is_room(door, 0);
  });
}

void TlsServer::Impl::admit(tcp::socket socket) {
  std::shared_ptr<TlsConnection> connection;
  try {
    connection = std::make_shared<TlsConnection>(shared_from_this(), std::move(socket));
    connections_.insert(connection);
    count_connections();
    connection->start();
  } catch (...) {  // no memory
    if (connection) {
      connection->abort();
    }
  }
}

void TlsServer::Impl::count_connections() {
  const std::lock_guard lock(mutex_);
  open_ = connections_.size();
  changed_.notify_all();
}

// Has room for one connection more, always: nothing would make room for it later.
void TlsServer::Impl::accept_when_there_is_room(Door& door, int look) {
  if (connections_.size() < most_ ||
      end_quietest(look < looks ? tolerated_silence : milliseconds(0))) {
    accept(door);
  } else {
    accept_after(door, look_again, look + 1);
  }
}

void TlsServer::Impl::accept_after(Door& door, milliseconds pause, int look) {
  door.pause.expires_after(pause);
  door.pause.async_wait([this, &door, look](boost::system::error_code) {
    if (door.acceptor.is_open()) {
      accept_when_there_is_room(door, look);
    }
  });
}

// Those without a handshake go first, however new they are: a client that sends half of one again
// and again would else push out a Prometheus that waits for its next scrape.
bool TlsServer::Impl::end_quietest(milliseconds at_least) {
  const auto sooner = [](const auto& a, const auto& b) {
    return std::pair(a->is_established(), a->quiet_since()) <
           std::pair(b->is_established(), b->quiet_since());
  };
  std::shared_ptr<TlsConnection> quietest;
  for (const auto& each : connections_) {
    if (!each->is_answering() && !each->is_aborted() && (!quietest || sooner(each, quietest))) {
      quietest = each;
    }
  }
  if (!quietest || quietest->quiet_since() > steady_clock::now() - at_least) {
    return false;
  }
  quietest->abort();
  return true;
}

void TlsServer::Impl::ended(const std::shared_ptr<TlsConnection>& connection) {
  connections_.erase(connection);
  count_connections();
}

void TlsServer::Impl::close_doors() {
  for (Door& door : doors_) {
    boost::system::error_code ignored;
    door.acceptor.close(ignored);
    door.pause.cancel();
  }
  for (const auto& connection : Connections(connections_)) {
    connection->end_if_idle();
  }
}

bool TlsServer::Impl::wait_until_empty(steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [this] { return open_ == 0; });
}

bool TlsServer::Impl::stop(milliseconds patience) {
  if (stopping_.exchange(true)) {
    return true;
  }
  run_in_loop([this] { close_doors(); });
  wait_until_empty(steady_clock::now() + patience);
  run_in_loop([this] {  // those who do not read their answers
    for (const auto& connection : Connections(connections_)) {
      connection->abort();
    }
  });
  const auto deadline = steady_clock::now() + grace;
  wait_until_empty(deadline);
  const bool returned = workers_.stop(deadline);
  std::unique_lock lock(mutex_);
  closed_ = true;  // what still comes from a handler comes to nothing
  work_.reset();
  const bool ended = changed_.wait_until(lock, deadline + grace, [this] { return loop_ended_; });
  if (ended) {
    connections_.clear();  // those whose handlers have not returned
    lock.unlock();
    thread_.join();
  }
  return ended && returned;
}

TlsServer::TlsServer(const std::vector<std::string>& addresses, unsigned most, Context context,
                     Handler handler, Observer observer, Limits limits) {
  std::vector<Listener> listeners;
  for (const auto& address : addresses) {
    auto more = listen_on(address);
    ports_.push_back(more.front().port());
    std::move(more.begin(), more.end(), std::back_inserter(listeners));
  }
  impl_ = std::make_shared<Impl>(most, std::move(context), std::move(handler), std::move(observer),
                                 limits);
  impl_->start(std::move(listeners));
}

TlsServer::TlsServer(std::vector<Listener> listeners, unsigned most, Context context,
                     Handler handler, Observer observer)
    : impl_(std::make_shared<Impl>(most, std::move(context), std::move(handler),
                                   std::move(observer), Limits{})) {
  for (const Listener& listener : listeners) {
    ports_.push_back(listener.port());
  }
  impl_->start(std::move(listeners));
}

TlsServer::~TlsServer() { stop(std::chrono::seconds(1)); }

bool TlsServer::stop(milliseconds patience) { return impl_->stop(patience); }

}  // namespace efa
