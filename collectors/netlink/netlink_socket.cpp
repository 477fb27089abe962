#include "collectors/netlink/netlink_socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <utility>

namespace efa {
namespace {

Error error_of(int errno_value) {
  switch (errno_value) {
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
      return {Reason::absent, errno_value, {}};
    case EAGAIN:
      return {Reason::timeout, ETIMEDOUT, {}};
    default:
      return Error::from_errno(errno_value);
  }
}

// The kernel, in send(); with bind(), an address of the kernel's choice.
const sockaddr_nl kernel_address{AF_NETLINK, 0, 0, 0};

const sockaddr* as_sockaddr(const sockaddr_nl& address) {
  return reinterpret_cast<const sockaddr*>(
      &address);  // NOLINT(*-reinterpret-cast): as POSIX has it
}

Result<UniqueFd> open_socket(int protocol) {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!socket || ::bind(socket.get(), as_sockaddr(kernel_address), sizeof kernel_address) < 0) {
    return error_of(errno);
  }
  return socket;
}

// Datagrams from other processes are nobody's business here.
Result<std::size_t> receive_from_kernel(int socket, std::span<std::byte> buffer, int flags) {
  sockaddr_nl from{};
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ssize_t size = -1;
  do {
    size = ::recvmsg(socket, &message, flags);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    return error_of(errno);
  }
  if (message.msg_namelen != sizeof from || from.nl_pid != 0) {
    return std::size_t{0};
  }
  if ((message.msg_flags & MSG_TRUNC) != 0) {
    return Error{Reason::malformed, EMSGSIZE, {}};
  }
  return static_cast<std::size_t>(size);
}

timeval timeval_of(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  timeval value{};
  value.tv_sec = seconds.count();
  value.tv_usec = std::chrono::microseconds(time - seconds).count();
  return value;
}

class GroupListener final : public NetlinkListener {
 public:
  explicit GroupListener(UniqueFd socket) : socket_(std::move(socket)) {}

  [[nodiscard]] int descriptor() const override { return socket_.get(); }

  Result<std::optional<std::size_t>> receive(std::span<std::byte> buffer) override {
    const auto size = receive_from_kernel(socket_.get(), buffer, MSG_DONTWAIT);
    if (size) {
      return std::optional(*size);
    }
    if (size.error().reason == Reason::timeout) {
      return std::optional<std::size_t>();
    }
    return size.error();
  }

 private:
  UniqueFd socket_;
};

}  // namespace

Result<void> NetlinkSocket::send(std::span<const std::byte> request) {
  if (!socket_) {
    auto opened = open_socket(NETLINK_RDMA);
    if (!opened) {
      return opened.error();
    }
    const timeval timeout = timeval_of(timeout_);
    if (::setsockopt(opened->get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) < 0) {
      return error_of(errno);
    }
    socket_ = std::move(*opened);
  }
  if (::sendto(socket_.get(), request.data(), request.size(), 0, as_sockaddr(kernel_address),
               sizeof kernel_address) < 0) {
    return error_of(errno);
  }
  return {};
}

Result<std::size_t> NetlinkSocket::receive(std::span<std::byte> buffer) {
  if (!socket_) {
    return error_of(ENOTCONN);
  }
  return receive_from_kernel(socket_.get(), buffer, 0);
}

Result<std::unique_ptr<NetlinkListener>> listen_to_group(int protocol, unsigned group) {
  auto socket = open_socket(protocol);
  if (!socket) {
    return socket.error();
  }
  if (::setsockopt(socket->get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) {
    return error_of(errno);
  }
  return std::unique_ptr<NetlinkListener>(std::make_unique<GroupListener>(std::move(*socket)));
}

}  // namespace efa
