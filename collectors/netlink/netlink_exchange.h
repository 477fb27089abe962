#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/base/result.h"
#include "collectors/netlink/messages.h"
#include "collectors/netlink/netlink_socket.h"

namespace efa {

/// Takes the messages of an answer as they come.
class NetlinkAnswer {
 public:
  NetlinkAnswer() = default;
  NetlinkAnswer(const NetlinkAnswer&) = delete;
  NetlinkAnswer& operator=(const NetlinkAnswer&) = delete;
  virtual ~NetlinkAnswer() = default;

  /// An answer begins, for the first time or again: forget what came.
  virtual void begin() = 0;
  /// False if the payload is not what was expected.
  virtual bool take(std::span<const std::byte> payload) = 0;
};

/// How an answer ended.
struct NetlinkOutcome {
  int error = 0;         // errno
  bool refused = false;  // the error came in place of an answer or a dump, not at the end of one
  bool interrupted = false;  // what was dumped has changed meanwhile, and did so in each repetition
};

/// What one answer may cost.
struct NetlinkLimits {
  std::size_t bytes = std::size_t{8} << 20U;
  std::size_t messages = 65'536;
  unsigned repeats = 3;
  std::chrono::milliseconds time{10'000};  // of a dump, looked at between datagrams
};

/// Asks one question after another over a transport, and hears each answer to its end.
///
/// Errors   malformed  not legible, or more than the limits allow (EOVERFLOW)
///          timeout    the kernel was silent, or took longer than the limits allow
///          others     see NetlinkSocket. After each the transport is resynced
/// Cost     a system call for the request and one for each datagram of up to 32 KiB. A dump that
/// was
///          interrupted is repeated
/// Threads  one at a time
class NetlinkExchange {
 public:
  /// The kernel makes the datagrams of a dump as large as the reader's buffer, up to this.
  static constexpr std::size_t buffer_size = std::size_t{32} << 10U;

  /// `transport` and `clock` must outlive it.
  NetlinkExchange(NetlinkTransport& transport, const Clock& clock, NetlinkLimits limits = {});

  Result<NetlinkOutcome> ask(const NetlinkRequest& request, NetlinkAnswer& answer);

 private:
  struct Spent {
    std::size_t bytes = 0;
    std::size_t messages = 0;
    bool answered = false;  // with data
    SteadyTime since;
  };

  Result<NetlinkOutcome> ask_once(const NetlinkRequest& request, NetlinkAnswer& answer);
  Result<std::span<const std::byte>> next_datagram(Spent& spent);
  // Whether the answer has ended.
  Result<bool> read_datagram(std::span<const std::byte> datagram, NetlinkAnswer& answer,
                             Spent& spent, NetlinkOutcome& outcome) const;
  static Result<bool> read_message(const NetlinkMessage& message, NetlinkAnswer& answer,
                                   Spent& spent, NetlinkOutcome& outcome);

  NetlinkTransport& transport_;
  const Clock& clock_;
  const NetlinkLimits limits_;
  std::vector<std::byte> buffer_;
  std::uint32_t sequence_ = 0;
};

}  // namespace efa
