#include "tests/lab/efa_device/listener.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace efa::lab {
namespace {

constexpr int waiting_clients = 8;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw std::invalid_argument(path + ": found " + std::to_string(path.size()) +
                                " characters, expected less than " +
                                std::to_string(sizeof address.sun_path));
  }
  path.copy(address.sun_path, path.size());
  return address;
}

}  // namespace

Listener::Listener(std::string path)
    : path_(std::move(path)),
      socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  const sockaddr_un address = address_of(path_);
  ::unlink(path_.c_str());
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket_.get(), waiting_clients) != 0) {
    throw std::system_error(errno, std::generic_category(), path_);
  }
}

Listener::~Listener() { ::unlink(path_.c_str()); }

UniqueFd Listener::accept() const {
  return UniqueFd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

}  // namespace efa::lab
