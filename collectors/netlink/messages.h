#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace efa {

/// What to ask the kernel for.
struct NetlinkRequest {
  std::uint16_t type = 0;
  bool dump = false;  // of all there is, in several messages
  std::vector<std::byte> attributes;
};

/// The request as the kernel takes it. An acknowledgement is wanted in any case, so that a kernel
/// which has nothing to dump for a type ends the wait, too; one that does dump sends none.
std::vector<std::byte> encode(const NetlinkRequest& request, std::uint32_t sequence);

/// One netlink message; the payload belongs to whoever owns the buffer.
///
/// An answer belongs to a request by its sequence number. Its type does not say so: PORT_GET, for
/// one, is answered as GET.
struct NetlinkMessage {
  enum class Kind : std::uint8_t {
    data,   // one object, or several, or an event
    end,    // of a dump, or the acknowledgement of a request, or why there was none
    other,  // nothing to do with it
  };

  Kind kind = Kind::other;
  std::uint16_t type = 0;
  std::uint32_t sequence = 0;
  bool interrupted = false;  // what is dumped has changed meanwhile (NLM_F_DUMP_INTR)
  bool ends_dump = false;    // NLMSG_DONE, not NLMSG_ERROR
  std::optional<int> error;  // of `end`: 0, or an errno; none if it is not legible
  std::span<const std::byte> payload;
};

/// Walks the messages of one datagram, whatever the bytes are.
///
/// Errors   malformed() after the walk has ended: a length below 16 or beyond the end, or bytes
///          left over. What came before is good
/// Cost     no allocation
class MessageReader {
 public:
  explicit MessageReader(std::span<const std::byte> datagram) : rest_(datagram) {}

  std::optional<NetlinkMessage> next();
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  std::span<const std::byte> rest_;
  bool malformed_ = false;
};

}  // namespace efa
