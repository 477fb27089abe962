#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "collectors/base/result.h"
#include "collectors/base/unique_fd.h"

namespace efa {

/// Carries requests to the kernel and datagrams back; tests inject their own.
///
/// Threads  one at a time
class NetlinkTransport {
 public:
  NetlinkTransport() = default;
  NetlinkTransport(const NetlinkTransport&) = delete;
  NetlinkTransport& operator=(const NetlinkTransport&) = delete;
  virtual ~NetlinkTransport() = default;

  virtual Result<void> send(std::span<const std::byte> request) = 0;
  /// The size of the next datagram, which is in `buffer` then; 0 for one that is not the kernel's.
  virtual Result<std::size_t> receive(std::span<std::byte> buffer) = 0;
  /// Drops what is under way, so that nothing of it comes after the next request.
  virtual void resync() = 0;
};

/// A socket that asks the RDMA core.
///
/// It is opened by the first request, and by the first one after resync(): a new socket is the only
/// one from which nothing old can come, and closing the old one ends a dump, where reading it to
/// its end would run it to its end.
///
/// Source   NETLINK_RDMA; needs no privilege
/// Errors   absent     the kernel has no RDMA, or none is loaded and none can be
///          timeout    no datagram within the time
///          malformed  a datagram larger than the buffer
///          transient  ENOBUFS, datagrams were lost, and what else the kernel returns
/// Cost     opening it may make the kernel load ib_core. The kernel answers inside of send(), and
///          goes on with a dump inside of receive(): where an answer takes a command to the device,
///          either waits for the device, uninterruptibly and no matter what the time-out is
class NetlinkSocket final : public NetlinkTransport {
 public:
  explicit NetlinkSocket(std::chrono::milliseconds timeout = std::chrono::seconds(1))
      : timeout_(timeout) {}

  Result<void> send(std::span<const std::byte> request) override;
  Result<std::size_t> receive(std::span<std::byte> buffer) override;
  void resync() override { socket_.reset(); }

 private:
  std::chrono::milliseconds timeout_;
  UniqueFd socket_;
};

/// Hears what the kernel sends to a group; tests inject their own.
///
/// Threads  one at a time
class NetlinkListener {
 public:
  NetlinkListener() = default;
  NetlinkListener(const NetlinkListener&) = delete;
  NetlinkListener& operator=(const NetlinkListener&) = delete;
  virtual ~NetlinkListener() = default;

  /// Readable when there is something to receive.
  [[nodiscard]] virtual int descriptor() const = 0;
  /// As NetlinkTransport::receive(), but does not wait: nothing if there is nothing.
  virtual Result<std::optional<std::size_t>> receive(std::span<std::byte> buffer) = 0;
};

/// Joins a group of a netlink protocol, NETLINK_*.
///
/// Errors   absent, as above; denied: no privilege to hear that group
Result<std::unique_ptr<NetlinkListener>> listen_to_group(int protocol, unsigned group);

}  // namespace efa
