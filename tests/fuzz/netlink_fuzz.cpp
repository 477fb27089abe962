// Feeds bytes to everything that reads netlink messages, as if the kernel had sent them.
// Built and run by tests/fuzz/run.sh.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include "collectors/base/clock.h"
#include "collectors/netlink/device_events.h"
#include "collectors/netlink/messages.h"
#include "collectors/netlink/rdma_netlink.h"
#include "collectors/netlink/rdma_objects.h"

namespace {

using efa::ObjectKind;
using Bytes = std::span<const std::byte>;

constexpr ObjectKind all_kinds[] = {ObjectKind::context, ObjectKind::pd, ObjectKind::cq,
                                    ObjectKind::mr, ObjectKind::qp};

// Answers each request with the same bytes once, then with silence.
class OneDatagram final : public efa::NetlinkTransport {
 public:
  explicit OneDatagram(Bytes datagram) : datagram_(datagram) {}

  efa::Result<void> send(Bytes) override {
    sent_ = false;
    return {};
  }
  efa::Result<std::size_t> receive(std::span<std::byte> buffer) override {
    if (sent_ || datagram_.size() > buffer.size()) {
      return efa::Error{efa::Reason::timeout, ETIMEDOUT, {}};
    }
    sent_ = true;
    std::copy(datagram_.begin(), datagram_.end(), buffer.begin());
    return datagram_.size();
  }
  void resync() override {}

 private:
  Bytes datagram_;
  bool sent_ = false;
};

void decode_payload(Bytes payload) {
  static_cast<void>(efa::decode_device(payload));
  static_cast<void>(efa::decode_driver(payload));
  static_cast<void>(efa::decode_port_counters(payload));
  static_cast<void>(efa::decode_resource_summary(payload));
  static_cast<void>(efa::decode_system(payload));
  static_cast<void>(efa::decode_event(payload));
  for (const ObjectKind kind : all_kinds) {
    static_cast<void>(efa::decode_objects(kind, payload));
  }
}

void ask(Bytes datagram) {
  const efa::MonotonicClock clock;
  OneDatagram transport(datagram);
  efa::RdmaNetlink rdma(transport, clock);
  static_cast<void>(rdma.devices());
  static_cast<void>(rdma.objects(0, ObjectKind::qp));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  decode_payload(bytes);
  efa::MessageReader reader(bytes);
  while (const auto message = reader.next()) {
    decode_payload(message->payload);
  }
  static_cast<void>(efa::decode_rdma_events(bytes));
  static_cast<void>(efa::decode_uevent(bytes));
  ask(bytes);
  return 0;
}
