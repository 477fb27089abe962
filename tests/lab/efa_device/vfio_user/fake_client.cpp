#include "tests/lab/efa_device/vfio_user/fake_client.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace efa::lab::vfio_user::test {
namespace {

constexpr std::size_t room_for_descriptors = 64;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

union Room {
  std::array<char, CMSG_SPACE(sizeof(int) * room_for_descriptors)> bytes{};
  cmsghdr alignment;
};

}  // namespace

std::pair<UniqueFd, UniqueFd> socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    fail("socketpair");
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd memory_file(std::uint64_t size) {
  UniqueFd file(::memfd_create("guest", MFD_CLOEXEC));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(size)) != 0) {
    fail("memfd");
  }
  return file;
}

Body& Body::text(std::string_view text) {
  bytes_.insert(bytes_.end(), text.begin(), text.end());
  return *this;
}

FakeClient::FakeClient(UniqueFd socket) : socket_(std::move(socket)) {
  constexpr timeval patience = {.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

void FakeClient::send(Bytes bytes, const std::vector<int>& descriptors) {
  std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  iovec place = {copy.data(), copy.size()};
  msghdr message{};
  message.msg_iov = &place;
  message.msg_iovlen = 1;
  Room room;
  if (!descriptors.empty()) {
    const std::size_t size = descriptors.size() * sizeof(int);
    message.msg_control = room.bytes.data();
    message.msg_controllen = CMSG_SPACE(size);
    cmsghdr* const part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(part), descriptors.data(), size);
  }
  // Whoever is sent away in the middle of it looks at that later.
  [[maybe_unused]] const auto sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
}

void FakeClient::send(Command command, const Body& body, const std::vector<int>& descriptors,
                      std::uint32_t flags) {
  const auto& bytes = body.bytes();
  Body message;
  message.add(++id_).add(command).add(static_cast<std::uint32_t>(header_size + bytes.size()));
  message.add(flags).add(std::uint32_t{0});
  for (const std::uint8_t byte : bytes) {
    message.add(byte);
  }
  send(message.bytes(), descriptors);
}

std::optional<Reply> FakeClient::receive() {
  std::array<std::uint8_t, header_size> header{};
  iovec place = {header.data(), header.size()};
  msghdr message{};
  message.msg_iov = &place;
  message.msg_iovlen = 1;
  Room room;
  message.msg_control = room.bytes.data();
  message.msg_controllen = room.bytes.size();
  if (::recvmsg(socket_.get(), &message, MSG_WAITALL | MSG_CMSG_CLOEXEC) != header_size) {
    return std::nullopt;
  }
  Reply reply;
  if (const cmsghdr* const part = CMSG_FIRSTHDR(&message)) {
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(part), sizeof descriptor);
    reply.descriptor.reset(descriptor);
  }
  reply.errno_value = load<int>(header, 12);
  reply.body.resize(load<std::uint32_t>(header, 4) - header_size);
  const auto size = static_cast<ssize_t>(reply.body.size());
  const bool is_answer = load<std::uint16_t>(header) == id_ && (header[8] & 0xfU) == 1;
  if (!is_answer || (size > 0 && ::recv(socket_.get(), reply.body.data(), reply.body.size(),
                                        MSG_WAITALL) != size)) {
    return std::nullopt;
  }
  return reply;
}

std::optional<Reply> FakeClient::ask(Command command, const Body& body,
                                     const std::vector<int>& descriptors) {
  send(command, body, descriptors);
  return receive();
}

bool FakeClient::sent_away() {
  std::uint8_t byte = 0;
  const ssize_t count = ::recv(socket_.get(), &byte, 1, 0);
  return count == 0 || (count < 0 && errno == ECONNRESET);
}

std::optional<Reply> FakeClient::say_version() {
  constexpr std::string_view capabilities =
      R"({"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576,"max_dma_maps":65535}})";
  return ask(Command::version, Body().add(std::uint32_t{0}).text(capabilities).add('\0'));
}

std::optional<Reply> FakeClient::map(std::uint64_t address, std::uint64_t size, int file) {
  return ask(Command::dma_map,
             Body()
                 .add(std::uint32_t{32})
                 .add(std::uint32_t{3})
                 .add(std::uint64_t{0})
                 .add(address)
                 .add(size),
             file < 0 ? std::vector<int>{} : std::vector<int>{file});
}

std::optional<Reply> FakeClient::write(std::uint32_t region, std::uint64_t offset,
                                       std::uint32_t value) {
  return ask(Command::region_write,
             Body().add(offset).add(region).add(std::uint32_t{4}).add(value));
}

}  // namespace efa::lab::vfio_user::test
