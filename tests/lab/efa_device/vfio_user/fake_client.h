#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/base/unique_fd.h"
#include "tests/lab/efa_device/vfio_user/message.h"

namespace efa::lab::vfio_user::test {

/// Both ends of a connected stream socket.
std::pair<UniqueFd, UniqueFd> socket_pair();
/// A file in memory.
UniqueFd memory_file(std::uint64_t size);

/// Numbers one after the other, as they stand in a message.
class Body {
 public:
  template <class T>
  Body& add(T value) {
    bytes_.resize(bytes_.size() + sizeof value);
    store(bytes_, bytes_.size() - sizeof value, value);
    return *this;
  }
  Body& text(std::string_view text);
  [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

struct Reply {
  int errno_value = 0;
  std::vector<std::uint8_t> body;
  UniqueFd descriptor;
};

/// The client's side of the protocol. It waits for answers, but not for ever.
class FakeClient {
 public:
  explicit FakeClient(UniqueFd socket);

  /// Any bytes, with descriptors.
  void send(Bytes bytes, const std::vector<int>& descriptors = {});
  void send(Command command, const Body& body, const std::vector<int>& descriptors = {},
            std::uint32_t flags = 0);
  /// Nothing if the other end closes the connection, or says what it was not asked.
  std::optional<Reply> receive();
  std::optional<Reply> ask(Command command, const Body& body,
                           const std::vector<int>& descriptors = {});
  /// Whether the other end has closed the connection.
  bool sent_away();
  void leave() { socket_.reset(); }

  // What QEMU does first.
  std::optional<Reply> say_version();
  std::optional<Reply> map(std::uint64_t address, std::uint64_t size, int file);
  std::optional<Reply> write(std::uint32_t region, std::uint64_t offset, std::uint32_t value);

 private:
  UniqueFd socket_;
  std::uint16_t id_ = 0;
};

}  // namespace efa::lab::vfio_user::test
