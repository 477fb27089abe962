#include "collectors/netlink/rdma_netlink.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "collectors/netlink/attributes.h"
#include "collectors/netlink/rdma_numbers.h"

namespace efa {
namespace {

using Bytes = std::span<const std::byte>;

// Puts what `decode` makes of each message at the end of a list.
template <typename T, typename Decode>
class ListAnswer final : public NetlinkAnswer {
 public:
  explicit ListAnswer(Decode decode) : decode_(std::move(decode)) {}

  void begin() override { list.clear(); }
  bool take(Bytes payload) override { return decode_(payload, list); }

  std::vector<T> list;

 private:
  Decode decode_;
};

template <typename T, typename Decode>
auto answer_of(Decode decode) {
  return ListAnswer<T, Decode>(std::move(decode));
}

// For a decoder that gives one T, and for one that gives several.
template <typename T>
bool append(Result<T> one, std::vector<T>& list) {
  if (one) {
    list.push_back(std::move(*one));
  }
  return one.ok();
}
template <typename T>
bool append(Result<std::vector<T>> several, std::vector<T>& list) {
  if (several) {
    std::move(several->begin(), several->end(), std::back_inserter(list));
  }
  return several.ok();
}

AttributeWriter of_device(std::uint32_t device) {
  AttributeWriter attributes;
  attributes.put_u32(RDMA_NLDEV_ATTR_DEV_INDEX, device);
  return attributes;
}

// Without it newer kernels hide what only drivers know, SRD queue pairs among it. Older ones skip
// what they do not know in these requests, but not in all.
AttributeWriter of_device_with_details(std::uint32_t device) {
  AttributeWriter attributes = of_device(device);
  attributes.put_u8(nldev_attr_driver_details, 1);
  return attributes;
}

// A dump goes on by counting objects, so one that is made meanwhile makes it show another again.
void drop_repeated(std::vector<RdmaObject>& objects) {
  const bool all_have_ids = std::all_of(objects.begin(), objects.end(),
                                        [](const RdmaObject& object) { return object.id; });
  if (!all_have_ids) {
    return;
  }
  std::stable_sort(objects.begin(), objects.end(),
                   [](const RdmaObject& a, const RdmaObject& b) { return *a.id < *b.id; });
  const auto end =
      std::unique(objects.begin(), objects.end(),
                  [](const RdmaObject& a, const RdmaObject& b) { return *a.id == *b.id; });
  objects.erase(end, objects.end());
}

}  // namespace

Result<std::vector<RdmaDevice>> RdmaNetlink::devices() {
  auto answer = answer_of<RdmaDevice>(
      [](Bytes payload, auto& list) { return append(decode_device(payload), list); });
  const auto asked = ask(RDMA_NLDEV_CMD_GET, true, std::nullopt, {}, answer);
  if (!asked) {
    return asked.error();
  }
  return std::move(answer.list);
}

Result<RdmaSystem> RdmaNetlink::system() {
  auto answer = answer_of<RdmaSystem>(
      [](Bytes payload, auto& list) { return append(decode_system(payload), list); });
  const auto asked = ask(RDMA_NLDEV_CMD_SYS_GET, false, std::nullopt, {}, answer);
  if (!asked) {
    return asked.error();
  }
  if (answer.list.empty()) {
    return Error{Reason::malformed, 0, {}};
  }
  return answer.list.front();
}

Result<std::uint64_t> RdmaNetlink::driver(std::uint32_t device) {
  auto answer = answer_of<std::uint64_t>(
      [](Bytes payload, auto& list) { return append(decode_driver(payload), list); });
  AttributeWriter attributes = of_device(device);
  attributes.put_string(RDMA_NLDEV_ATTR_CHARDEV_TYPE, "uverbs");
  const auto asked = ask(RDMA_NLDEV_CMD_GET_CHARDEV, false, device, attributes.bytes(), answer);
  if (!asked) {
    return asked.error();
  }
  if (answer.list.empty()) {
    return Error{Reason::malformed, 0, {}};
  }
  return answer.list.front();
}

Result<std::vector<RdmaCounter>> RdmaNetlink::port_counters(std::uint32_t device,
                                                            std::uint32_t port) {
  auto answer = answer_of<RdmaCounter>(
      [](Bytes payload, auto& list) { return append(decode_port_counters(payload), list); });
  AttributeWriter attributes = of_device(device);
  attributes.put_u32(RDMA_NLDEV_ATTR_PORT_INDEX, port);
  const auto asked = ask(RDMA_NLDEV_CMD_STAT_GET, false, device, attributes.bytes(), answer);
  if (!asked) {
    return asked.error();
  }
  return std::move(answer.list);
}

Result<std::vector<ResourceCount>> RdmaNetlink::resource_summary(std::uint32_t device) {
  auto answer = answer_of<ResourceCount>(
      [](Bytes payload, auto& list) { return append(decode_resource_summary(payload), list); });
  const auto asked =
      ask(RDMA_NLDEV_CMD_RES_GET, false, device, of_device_with_details(device).bytes(), answer);
  if (!asked) {
    return asked.error();
  }
  return std::move(answer.list);
}

Result<RdmaObjects> RdmaNetlink::objects(std::uint32_t device, ObjectKind kind) {
  auto answer = answer_of<RdmaObject>(
      [kind](Bytes payload, auto& list) { return append(decode_objects(kind, payload), list); });
  const auto changed =
      ask(command_of(kind), true, device, of_device_with_details(device).bytes(), answer);
  if (!changed) {
    return changed.error();
  }
  drop_repeated(answer.list);
  return RdmaObjects{std::move(answer.list), *changed};
}

Result<bool> RdmaNetlink::ask(std::uint16_t command, bool dump, std::optional<std::uint32_t> device,
                              std::vector<std::byte> attributes, NetlinkAnswer& answer) {
  if (unsupported_.test(command)) {
    return Error{Reason::unsupported, EOPNOTSUPP, {}};
  }
  const auto outcome = exchange_.ask({nldev_type(command), dump, std::move(attributes)}, answer);
  if (!outcome) {
    return outcome.error();
  }
  if (outcome->error != 0) {
    return explain(command, device, *outcome);
  }
  worked_.set(command);
  return outcome->interrupted;
}

// The kernel says EINVAL to a command that it does not know, to a device that is gone, and for
// every failure of a driver to tell its counters.
Error RdmaNetlink::explain(std::uint16_t command, std::optional<std::uint32_t> device,
                           const NetlinkOutcome& outcome) {
  const bool may_be_unknown = outcome.refused && !worked_.test(command);
  if (outcome.error == EINVAL && device && !has_device(*device)) {
    return {Reason::closed, ENODEV, {}};
  }
  const bool is_unknown =
      outcome.error == EOPNOTSUPP ||
      (outcome.error == EINVAL && worked_.any() && command != RDMA_NLDEV_CMD_STAT_GET);
  if (!may_be_unknown || !is_unknown) {
    Error error = Error::from_errno(outcome.error);
    if (error.reason == Reason::unsupported) {
      error.reason = Reason::transient;  // a command to the device was, not the request
    }
    return error;
  }
  unsupported_.set(command);
  return {Reason::unsupported, outcome.error, {}};
}

// Also shows that others work, for explain().
bool RdmaNetlink::has_device(std::uint32_t device) {
  auto answer = answer_of<RdmaDevice>(
      [](Bytes payload, auto& list) { return append(decode_device(payload), list); });
  const auto outcome =
      exchange_.ask({nldev_type(RDMA_NLDEV_CMD_GET), false, of_device(device).bytes()}, answer);
  if (!outcome || outcome->error != 0) {
    return !outcome || outcome->error != EINVAL;
  }
  worked_.set(RDMA_NLDEV_CMD_GET);
  return true;
}

}  // namespace efa
