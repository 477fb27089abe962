#include "tests/lab/efa_device/vfio_user/connection.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace efa::lab::vfio_user {
namespace {

constexpr timeval send_timeout = {.tv_sec = 2, .tv_usec = 0};

/// Room for the descriptors of one message; more are closed by the kernel, which says so.
union DescriptorRoom {
  std::array<char, CMSG_SPACE(sizeof(int) * max_descriptors)> bytes{};
  cmsghdr alignment;
};

void take_descriptors(msghdr& from, std::vector<UniqueFd>& to) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&from); part != nullptr; part = CMSG_NXTHDR(&from, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const std::size_t size = part->cmsg_len - CMSG_LEN(0);
    for (std::size_t at = 0; at + sizeof(int) <= size; at += sizeof(int)) {
      to.emplace_back(load<int>({CMSG_DATA(part), size}, at));
    }
  }
}

void put_descriptor(msghdr& message, DescriptorRoom& room, int descriptor) {
  message.msg_control = room.bytes.data();
  message.msg_controllen = CMSG_SPACE(sizeof descriptor);
  cmsghdr* const part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(part), &descriptor, sizeof descriptor);
}

}  // namespace

Connection::Connection(UniqueFd socket) : socket_(std::move(socket)), bytes_(header_size) {
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &send_timeout, sizeof send_timeout);
}

Received Connection::receive() {
  while (true) {
    if (auto interruption = read_some()) {
      return std::move(*interruption);
    }
    if (filled_ < bytes_.size()) {
      continue;
    }
    if (!header_) {
      header_ = decode_header(bytes_);
      if (!header_) {
        return Ended{"a message of impossible size"};
      }
      bytes_.resize(header_->size);
    }
    if (filled_ == bytes_.size()) {
      return take_message();
    }
  }
}

std::optional<Received> Connection::read_some() {
  iovec place = {bytes_.data() + filled_, bytes_.size() - filled_};
  DescriptorRoom room;
  msghdr message{};
  message.msg_iov = &place;
  message.msg_iovlen = 1;
  message.msg_control = room.bytes.data();
  message.msg_controllen = room.bytes.size();
  const ssize_t count = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (count < 0) {
    if (errno == EAGAIN || errno == EINTR) {
      return NothingYet{};
    }
    return errno == ECONNRESET ? Ended{} : Ended{std::strerror(errno)};
  }
  take_descriptors(message, descriptors_);
  if ((message.msg_flags & MSG_CTRUNC) != 0 || descriptors_.size() > max_descriptors) {
    return Ended{"more descriptors than it may send"};
  }
  if (count == 0) {
    return filled_ == 0 ? Ended{} : Ended{"a message that ends too early"};
  }
  filled_ += static_cast<std::size_t>(count);
  return std::nullopt;
}

Message Connection::take_message() {
  Message message;
  message.header = *header_;
  message.body.assign(bytes_.begin() + header_size, bytes_.end());
  message.descriptors = std::exchange(descriptors_, {});
  header_.reset();
  filled_ = 0;
  bytes_.resize(header_size);
  return message;
}

bool Connection::send(Bytes bytes, int descriptor) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const Bytes rest = bytes.subspan(sent);
    iovec place = {const_cast<std::uint8_t*>(rest.data()), rest.size()};
    msghdr message{};
    message.msg_iov = &place;
    message.msg_iovlen = 1;
    DescriptorRoom room;
    if (descriptor >= 0 && sent == 0) {
      put_descriptor(message, room, descriptor);
    }
    const ssize_t count = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return false;
    }
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace efa::lab::vfio_user
