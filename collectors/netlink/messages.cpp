#include "collectors/netlink/messages.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cstring>

namespace efa {
namespace {

constexpr std::size_t head_size = sizeof(nlmsghdr);
constexpr int largest_errno = 4095;  // MAX_ERRNO of the kernel

constexpr std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

// An int in front: 0 or -errno for both, though a dump that is ended well may carry a size.
std::optional<int> error_in(std::span<const std::byte> payload, bool ends_dump) {
  if (payload.empty() && ends_dump) {
    return 0;
  }
  std::int32_t value = 0;
  if (payload.size() < sizeof value) {
    return std::nullopt;
  }
  std::memcpy(&value, payload.data(), sizeof value);
  if (value < -largest_errno || (value > 0 && !ends_dump)) {
    return std::nullopt;
  }
  return value < 0 ? -value : 0;
}

NetlinkMessage::Kind kind_of(std::uint16_t type) {
  switch (type) {
    case NLMSG_DONE:
    case NLMSG_ERROR:
      return NetlinkMessage::Kind::end;
    default:
      return type < NLMSG_MIN_TYPE ? NetlinkMessage::Kind::other : NetlinkMessage::Kind::data;
  }
}

}  // namespace

std::vector<std::byte> encode(const NetlinkRequest& request, std::uint32_t sequence) {
  nlmsghdr head{};
  head.nlmsg_len = static_cast<std::uint32_t>(head_size + request.attributes.size());
  head.nlmsg_type = request.type;
  head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  if (request.dump) {
    head.nlmsg_flags |= NLM_F_DUMP;
  }
  head.nlmsg_seq = sequence;
  std::vector<std::byte> bytes(head_size + request.attributes.size());
  std::memcpy(bytes.data(), &head, head_size);
  std::copy(request.attributes.begin(), request.attributes.end(),
            bytes.begin() + static_cast<std::ptrdiff_t>(head_size));
  return bytes;
}

// The length is checked as unsigned: a header may claim any.
std::optional<NetlinkMessage> MessageReader::next() {
  if (rest_.empty() || malformed_) {
    return std::nullopt;
  }
  nlmsghdr head{};
  if (rest_.size() >= head_size) {
    std::memcpy(&head, rest_.data(), head_size);
  }
  if (head.nlmsg_len < head_size || head.nlmsg_len > rest_.size()) {
    malformed_ = true;
    return std::nullopt;
  }
  NetlinkMessage message;
  message.kind = kind_of(head.nlmsg_type);
  message.type = head.nlmsg_type;
  message.sequence = head.nlmsg_seq;
  message.interrupted = (head.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
  message.ends_dump = head.nlmsg_type == NLMSG_DONE;
  message.payload = rest_.subspan(head_size, head.nlmsg_len - head_size);
  if (message.kind == NetlinkMessage::Kind::end) {
    message.error = error_in(message.payload, message.ends_dump);
  }
  rest_ = rest_.subspan(std::min(aligned(head.nlmsg_len), rest_.size()));
  return message;
}

}  // namespace efa
