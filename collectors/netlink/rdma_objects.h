#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collectors/base/result.h"

namespace efa {

struct RdmaDevice {
  std::uint32_t index = 0;  // another one each time that it is registered
  std::string name;
  std::uint32_t ports = 0;
  std::uint8_t node_type = 0;  // 7, unspecified, for EFA
  std::uint64_t node_guid = 0;
  std::string firmware;  // EFA tells none

  bool operator==(const RdmaDevice&) const = default;
};

struct RdmaCounter {
  std::string name;
  std::uint64_t value = 0;

  bool operator==(const RdmaCounter&) const = default;
};

/// How many objects of a kind there are: "pd", "cq", "qp", "mr", "ctx", and what newer kernels add.
struct ResourceCount {
  std::string name;
  std::uint64_t count = 0;

  bool operator==(const ResourceCount&) const = default;
};

enum class ObjectKind : std::uint8_t {
  context,  // an open device file
  pd,
  cq,
  mr,
  qp,
};

inline constexpr std::uint64_t efa_driver = 17;  // RDMA_DRIVER_EFA

inline constexpr std::uint8_t qp_type_ud = 4;
inline constexpr std::uint8_t qp_type_driver = 0xff;  // SRD, for EFA
inline constexpr std::uint8_t qp_state_rts = 3;
inline constexpr std::uint8_t qp_state_error = 6;

/// One object of a device, of any kind. What a kernel or a kind does not tell is not there.
struct RdmaObject {
  std::optional<std::uint32_t> id;         // LQPN, CQN, MRN, PDN or CTXN
  std::optional<std::uint32_t> pid;        // who created it; none if gone, or not visible from here
  std::string kernel_name;                 // of the module it belongs to, if not to a process
  std::optional<std::uint32_t> ctxn;       // the context it was made in: CQ, PD
  std::optional<std::uint32_t> pdn;        // the protection domain it is in: MR, QP
  std::optional<std::uint32_t> port;       // QP, once it has left RESET
  std::optional<std::uint64_t> mr_length;  // bytes
  std::optional<std::uint8_t> qp_type;
  std::optional<std::uint8_t> qp_state;

  bool operator==(const RdmaObject&) const = default;
};

/// What the kernel says of itself.
struct RdmaSystem {
  bool shared_netns = true;  // devices are seen from every network namespace
  bool monitor = false;      // sends events to those who join its group

  bool operator==(const RdmaSystem&) const = default;
};

/// A device came, left, or has another name; other events are left to the reader of `type`.
struct RdmaEvent {
  std::uint8_t type = 0;  // NldevEvent, or another
  std::optional<std::uint32_t> index;
  std::string name;

  bool operator==(const RdmaEvent&) const = default;
};

// Decoders of message payloads: pure, whatever the bytes are.
//
// Source   answers to RDMA_NLDEV_CMD_{GET,GET_CHARDEV,STAT_GET,RES_GET,RES_*_GET,SYS_GET}, and
// MONITOR events Errors   malformed: an attribute has a wrong length, or what everything hangs on
// is not there.
//          Attributes that are not known are skipped
// Threads  safe to call concurrently

Result<RdmaDevice> decode_device(std::span<const std::byte> payload);
Result<std::uint64_t> decode_driver(std::span<const std::byte> payload);
Result<std::vector<RdmaCounter>> decode_port_counters(std::span<const std::byte> payload);
Result<std::vector<ResourceCount>> decode_resource_summary(std::span<const std::byte> payload);
/// Several objects come in one message.
Result<std::vector<RdmaObject>> decode_objects(ObjectKind kind, std::span<const std::byte> payload);
Result<RdmaSystem> decode_system(std::span<const std::byte> payload);
Result<RdmaEvent> decode_event(std::span<const std::byte> payload);

/// The command that dumps objects of a kind.
std::uint16_t command_of(ObjectKind kind);

}  // namespace efa
