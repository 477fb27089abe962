#include "collectors/netlink/rdma_objects.h"

#include <utility>

#include "collectors/netlink/attributes.h"
#include "collectors/netlink/rdma_numbers.h"

namespace efa {
namespace {

using Bytes = std::span<const std::byte>;

Error malformed() { return {Reason::malformed, 0, {}}; }

// A table of entries, each with attributes of its own: visit(payload of an entry).
template <typename Visit>
bool walk_table(Bytes payload, std::uint16_t table, std::uint16_t entry, Visit&& visit) {
  return walk_attributes(payload, [&](const Attribute& outer) {
    return outer.type != table || walk_attributes(outer.payload, [&](const Attribute& inner) {
             return inner.type != entry || visit(inner.payload);
           });
  });
}

// A table whose entries are a name and a number, neither of which may be missing.
template <typename T>
bool read_named_numbers(Bytes entry, std::uint16_t name_type, std::uint16_t number_type,
                        std::vector<T>& out) {
  std::optional<std::string> name;
  std::optional<std::uint64_t> number;
  const bool legible = walk_attributes(entry, [&](const Attribute& attribute) {
    if (attribute.type == name_type) {
      return attribute.get(name);
    }
    return attribute.type != number_type || attribute.get(number);
  });
  if (!legible || !name || !number) {
    return false;
  }
  out.push_back({std::move(*name), *number});
  return true;
}

struct KindNumbers {
  std::uint16_t command;
  std::uint16_t table;
  std::uint16_t entry;
  std::uint16_t id;
};

KindNumbers numbers_of(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::context:
      return {RDMA_NLDEV_CMD_RES_CTX_GET, RDMA_NLDEV_ATTR_RES_CTX, RDMA_NLDEV_ATTR_RES_CTX_ENTRY,
              RDMA_NLDEV_ATTR_RES_CTXN};
    case ObjectKind::pd:
      return {RDMA_NLDEV_CMD_RES_PD_GET, RDMA_NLDEV_ATTR_RES_PD, RDMA_NLDEV_ATTR_RES_PD_ENTRY,
              RDMA_NLDEV_ATTR_RES_PDN};
    case ObjectKind::cq:
      return {RDMA_NLDEV_CMD_RES_CQ_GET, RDMA_NLDEV_ATTR_RES_CQ, RDMA_NLDEV_ATTR_RES_CQ_ENTRY,
              RDMA_NLDEV_ATTR_RES_CQN};
    case ObjectKind::mr:
      return {RDMA_NLDEV_CMD_RES_MR_GET, RDMA_NLDEV_ATTR_RES_MR, RDMA_NLDEV_ATTR_RES_MR_ENTRY,
              RDMA_NLDEV_ATTR_RES_MRN};
    case ObjectKind::qp:
      break;
  }
  return {RDMA_NLDEV_CMD_RES_QP_GET, RDMA_NLDEV_ATTR_RES_QP, RDMA_NLDEV_ATTR_RES_QP_ENTRY,
          RDMA_NLDEV_ATTR_RES_LQPN};
}

bool read_field(const Attribute& attribute, RdmaObject& object) {
  switch (attribute.type) {
    case RDMA_NLDEV_ATTR_RES_PID:
      return attribute.get(object.pid);
    case RDMA_NLDEV_ATTR_RES_KERN_NAME:
      return attribute.get(object.kernel_name);
    case RDMA_NLDEV_ATTR_RES_CTXN:
      return attribute.get(object.ctxn);
    case RDMA_NLDEV_ATTR_RES_PDN:
      return attribute.get(object.pdn);
    case RDMA_NLDEV_ATTR_PORT_INDEX:
      return attribute.get(object.port);
    case RDMA_NLDEV_ATTR_RES_MRLEN:
      return attribute.get(object.mr_length);
    case RDMA_NLDEV_ATTR_RES_TYPE:
      return attribute.get(object.qp_type);
    case RDMA_NLDEV_ATTR_RES_STATE:
      return attribute.get(object.qp_state);
    default:
      return true;
  }
}

bool read_object(Bytes entry, std::uint16_t id, std::vector<RdmaObject>& out) {
  RdmaObject object;
  const bool legible = walk_attributes(entry, [&](const Attribute& attribute) {
    return attribute.type == id ? attribute.get(object.id) : read_field(attribute, object);
  });
  if (object.pid == 0U) {
    object.pid.reset();  // kernels that do not leave out what is not visible
  }
  out.push_back(std::move(object));
  return legible;
}

}  // namespace

std::uint16_t command_of(ObjectKind kind) { return numbers_of(kind).command; }

Result<RdmaDevice> decode_device(Bytes payload) {
  RdmaDevice device;
  std::optional<std::uint32_t> index;
  const bool legible = walk_attributes(payload, [&](const Attribute& attribute) {
    switch (attribute.type) {
      case RDMA_NLDEV_ATTR_DEV_INDEX:
        return attribute.get(index);
      case RDMA_NLDEV_ATTR_DEV_NAME:
        return attribute.get(device.name);
      case RDMA_NLDEV_ATTR_PORT_INDEX:  // in this message, how many there are
        return attribute.get(device.ports);
      case RDMA_NLDEV_ATTR_DEV_NODE_TYPE:
        return attribute.get(device.node_type);
      case RDMA_NLDEV_ATTR_NODE_GUID:
        return attribute.get(device.node_guid);
      case RDMA_NLDEV_ATTR_FW_VERSION:
        return attribute.get(device.firmware);
      default:
        return true;
    }
  });
  if (!legible || !index || device.name.empty()) {
    return malformed();
  }
  device.index = *index;
  return device;
}

Result<std::uint64_t> decode_driver(Bytes payload) {
  std::optional<std::uint64_t> driver;
  const bool legible = walk_attributes(payload, [&](const Attribute& attribute) {
    if (attribute.type != RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID) {
      return true;
    }
    // Declared as one of 64 bits, sent as one of 32.
    std::uint32_t number = 0;
    if (!attribute.get(number)) {
      return attribute.get(driver);
    }
    driver = number;
    return true;
  });
  return legible && driver ? Result(*driver) : malformed();
}

Result<std::vector<RdmaCounter>> decode_port_counters(Bytes payload) {
  std::vector<RdmaCounter> counters;
  const bool legible =
      walk_table(payload, RDMA_NLDEV_ATTR_STAT_HWCOUNTERS, RDMA_NLDEV_ATTR_STAT_HWCOUNTER_ENTRY,
                 [&](Bytes entry) {
                   return read_named_numbers(entry, RDMA_NLDEV_ATTR_STAT_HWCOUNTER_ENTRY_NAME,
                                             RDMA_NLDEV_ATTR_STAT_HWCOUNTER_ENTRY_VALUE, counters);
                 });
  return legible ? Result(std::move(counters)) : malformed();
}

Result<std::vector<ResourceCount>> decode_resource_summary(Bytes payload) {
  std::vector<ResourceCount> counts;
  const bool legible = walk_table(
      payload, RDMA_NLDEV_ATTR_RES_SUMMARY, RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY, [&](Bytes entry) {
        return read_named_numbers(entry, RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY_NAME,
                                  RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY_CURR, counts);
      });
  return legible ? Result(std::move(counts)) : malformed();
}

Result<std::vector<RdmaObject>> decode_objects(ObjectKind kind, Bytes payload) {
  const KindNumbers numbers = numbers_of(kind);
  std::vector<RdmaObject> objects;
  const bool legible = walk_table(payload, numbers.table, numbers.entry, [&](Bytes entry) {
    return read_object(entry, numbers.id, objects);
  });
  return legible ? Result(std::move(objects)) : malformed();
}

Result<RdmaSystem> decode_system(Bytes payload) {
  std::uint8_t shared = 1;
  std::uint8_t monitor = 0;
  const bool legible = walk_attributes(payload, [&](const Attribute& attribute) {
    switch (attribute.type) {
      case RDMA_NLDEV_SYS_ATTR_NETNS_MODE:
        return attribute.get(shared);
      case nldev_sys_attr_monitor_mode:
        return attribute.get(monitor);
      default:
        return true;
    }
  });
  return legible ? Result(RdmaSystem{shared != 0, monitor != 0}) : malformed();
}

Result<RdmaEvent> decode_event(Bytes payload) {
  RdmaEvent event;
  std::optional<std::uint8_t> type;
  const bool legible = walk_attributes(payload, [&](const Attribute& attribute) {
    switch (attribute.type) {
      case nldev_attr_event_type:
        return attribute.get(type);
      case RDMA_NLDEV_ATTR_DEV_INDEX:
        return attribute.get(event.index);
      case RDMA_NLDEV_ATTR_DEV_NAME:
        return attribute.get(event.name);
      default:
        return true;
    }
  });
  if (!legible || !type) {
    return malformed();
  }
  event.type = *type;
  return event;
}

}  // namespace efa
