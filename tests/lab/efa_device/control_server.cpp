#include "tests/lab/efa_device/control_server.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

namespace efa::lab {
namespace {

constexpr std::size_t max_clients = 64;
constexpr std::size_t max_line = 4096;

}  // namespace

void ControlServer::run(const Listener& listener) {
  while (true) {
    std::vector<pollfd> waiting = awaited(listener);
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[0].revents != 0) {
      clients_.clear();
      return;
    }
    for (std::size_t i = clients_.size(); i-- > 0;) {
      if (waiting[i + 2].revents != 0 && !serve(clients_[i])) {
        clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    if (waiting[1].revents != 0) {
      admit(listener.accept());
    }
  }
}

std::vector<pollfd> ControlServer::awaited(const Listener& listener) const {
  std::vector<pollfd> all = {{.fd = stop_.descriptor(), .events = POLLIN, .revents = 0},
                             {.fd = listener.descriptor(), .events = POLLIN, .revents = 0}};
  for (const Client& client : clients_) {
    // Whoever does not take its answers is not read from.
    const short events = client.answers.empty() ? POLLIN : POLLOUT;
    all.push_back({.fd = client.socket.get(), .events = events, .revents = 0});
  }
  return all;
}

void ControlServer::admit(UniqueFd socket) {
  if (!socket) {
    return;
  }
  if (clients_.size() >= max_clients) {
    log_.problem("control", "has too many clients");
    return;
  }
  clients_.push_back({.socket = std::move(socket), .received = {}, .answers = {}});
}

bool ControlServer::serve(Client& client) {
  return (!client.answers.empty() || receive(client)) && send(client);
}

bool ControlServer::receive(Client& client) {
  std::array<char, 1024> chunk;
  const ssize_t count = ::recv(client.socket.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    return true;
  }
  if (count <= 0) {
    return false;
  }
  client.received.append(chunk.data(), static_cast<std::size_t>(count));
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = client.received.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    client.answers += control_.answer(std::string_view(client.received).substr(begin, end - begin));
  }
  client.received.erase(0, begin);
  if (client.received.size() > max_line) {
    log_.problem("control", "sends a client away: a line that does not end");
    return false;
  }
  return true;
}

bool ControlServer::send(Client& client) {
  const ssize_t count = ::send(client.socket.get(), client.answers.data(), client.answers.size(),
                               MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0) {
    return errno == EAGAIN || errno == EINTR;
  }
  client.answers.erase(0, static_cast<std::size_t>(count));
  return true;
}

}  // namespace efa::lab
