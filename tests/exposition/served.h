#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "agent/exposition/http_server.h"
#include "tests/support/catch.h"
#include "tests/support/http_client.h"

namespace efa::test {

using namespace std::chrono_literals;

inline const std::vector<std::string> loopback{"127.0.0.1:0"};

class Statuses {
 public:
  HttpServer::Observer observer() {
    return [this](int status) {
      const std::lock_guard lock(mutex_);
      seen_.push_back(status);
    };
  }
  std::vector<int> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::vector<int> seen_;
};

inline void answer_with_path(const HttpRequest& request, HttpResponse& response) {
  response.body = request.path;
}

// A server of the fixture most tests need: it says the path, or what the test's handler says.
struct Served {
  explicit Served(HttpServer::Handler handler = answer_with_path, unsigned threads = 4)
      : server(loopback, threads, std::move(handler), statuses.observer()),
        port(server.ports().front()) {}

  Statuses statuses;
  HttpServer server;
  std::uint16_t port;
};

inline std::string answer_to(const Served& server, std::string_view request) {
  HttpClient client(server.port);
  client.send(request);
  return client.read_to_end();
}

inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

inline bool can_connect(std::uint16_t port) {
  try {
    const HttpClient client(port);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

inline std::string problem_of(const std::vector<std::string>& addresses) {
  try {
    const HttpServer server(addresses, 2, answer_with_path, [](int) {});
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

inline bool has_ipv6() { return problem_of({"[::1]:0"}).empty(); }

}  // namespace efa::test
