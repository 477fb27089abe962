#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "collectors/base/unique_fd.h"
#include "tests/lab/efa_device/vfio_user/message.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab::vfio_user {

/// Nothing whole has come yet.
struct NothingYet {};

/// No more will come; `why` is empty if the client just left.
struct Ended {
  std::string why;
};

using Received = std::variant<NothingYet, Message, Ended>;

/// A client's socket: messages with descriptors, in and out.
///
/// Errors   what is no message ends the connection
/// Threads  one
class Connection {
 public:
  /// Takes a connected stream socket.
  explicit Connection(UniqueFd socket);

  [[nodiscard]] int descriptor() const { return socket_.get(); }
  /// Reads what is there, without waiting, up to the end of one message.
  [[nodiscard]] Received receive();
  /// Whether all was sent: a client has seconds to take it. -1: without a descriptor.
  [[nodiscard]] bool send(Bytes bytes, int descriptor = -1);

 private:
  /// Some bytes of the message that has begun; an end if there will be none, NothingYet if later.
  [[nodiscard]] std::optional<Received> read_some();
  [[nodiscard]] Message take_message();

  UniqueFd socket_;
  std::size_t filled_ = 0;             // of bytes_, which is as long as what is expected
  std::vector<std::uint8_t> bytes_;    // a message's header, then all of it
  std::optional<Header> header_;       // once it is there
  std::vector<UniqueFd> descriptors_;  // that came with it
};

}  // namespace efa::lab::vfio_user
