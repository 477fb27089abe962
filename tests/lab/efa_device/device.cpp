#include "tests/lab/efa_device/device.h"

#include <algorithm>

namespace efa::lab {
namespace {

// In a GET_STATS request.
constexpr std::size_t stats_type_at = 12;
constexpr std::size_t stats_scope_at = 13;
constexpr std::uint8_t scope_all = 0;

constexpr std::size_t register_size = 4;

/// The last one of the interface. This device lacks those behind alloc_mr.
constexpr std::uint8_t last_command = 29;

bool is_command(AdminOp op) {
  return op >= AdminOp::create_qp && static_cast<std::uint8_t>(op) <= last_command;
}

}  // namespace

Device::Device(const Profile& profile, unsigned number, Fabric& fabric, Bus& bus,
               const Clock& clock, const Log& log)
    : name_("efa" + std::to_string(number)),
      clock_(clock),
      log_(log),
      fabric_(fabric),
      statistics_(clock),
      config_(profile),
      registers_(profile, bus),
      events_(registers_, bus, clock),
      features_(profile, number, events_),
      admin_queue_(registers_, bus, admin_faults_, *this, clock, log, name_),
      data_path_(profile, bus, statistics_, network_faults_, fabric, gid_of_device(number), clock) {
}

void Device::reset() {
  registers_.reset();
  reset_queues();
}

void Device::unplug() {
  config_.reset();
  reset();
}

void Device::reset_queues() {
  admin_queue_.reset();
  events_.reset();
  data_path_.reset();
}

void Device::read(std::uint32_t region, std::uint64_t offset, MutableBytes into) const {
  std::fill(into.begin(), into.end(), std::uint8_t{0});
  if (region == config_region) {
    config_.read(offset, into);
  } else if (region == register_region && into.size() == register_size) {
    store(into, 0, registers_.read(offset));
  }
}

void Device::write(std::uint32_t region, std::uint64_t offset, Bytes from) {
  const bool one_register = from.size() == register_size;
  if (region == config_region) {
    config_.write(offset, from);
  } else if (region == llq_region) {
    data_path_.write_llq(offset, from);
  } else if (region == register_region && one_register) {
    write_register(offset, load<std::uint32_t>(from));
  } else if (region == doorbell_region && one_register) {
    data_path_.doorbell(offset, load<std::uint32_t>(from));
  }
}

void Device::write_register(std::uint64_t offset, std::uint32_t value) {
  switch (registers_.write(offset, value)) {
    case RegisterEffect::none:
      return;
    case RegisterEffect::reset:
      log_.event(name_, "reset, reason " + std::to_string(value >> 28));
      reset_queues();
      return;
    case RegisterEffect::admin_doorbell:
      admin_queue_.serve();
      return;
    case RegisterEffect::event_queue_doorbell:
      data_path_.event_queue_doorbell(value);
      return;
  }
}

AdminStatus Device::execute(AdminOp op, std::uint8_t flags, Bytes request, MutableBytes response) {
  switch (op) {
    case AdminOp::get_feature:
      return features_.get(request, response);
    case AdminOp::set_feature:
      return features_.set(request);
    case AdminOp::get_stats:
      return load<std::uint8_t>(request, stats_scope_at) == scope_all
                 ? statistics_.answer(load<std::uint8_t>(request, stats_type_at), response)
                 : AdminStatus::illegal_parameter;
    default:
      return is_command(op) ? data_path_.execute(op, flags, request, response)
                            : AdminStatus::bad_opcode;
  }
}

void Device::tick() {
  admin_queue_.tick();
  events_.tick();
  fabric_.retry(clock_.now());
}

std::optional<SteadyTime> Device::next_due() const {
  std::optional<SteadyTime> next;
  for (const auto& due : {admin_queue_.next_due(), events_.next_due(), fabric_.next_retry()}) {
    if (due && (!next || *due < *next)) {
      next = due;
    }
  }
  return next;
}

void Device::heal() {
  admin_faults_.heal();
  admin_queue_.end_delays();
  network_faults_ = {};
}

}  // namespace efa::lab
