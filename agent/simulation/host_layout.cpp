#include "agent/simulation/host_layout.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "config/instance_types.h"

namespace efa {
namespace {

struct Rate {
  unsigned gbps;
  const char* lanes;
};

// As driver 3.1 has it (efa_link_gbps_to_speed_and_width).
constexpr std::array rates = {
    Rate{400, "8X HDR"},  Rate{200, "4X HDR"}, Rate{120, "12X FDR10"},
    Rate{100, "4X EDR"},  Rate{60, "12X DDR"}, Rate{50, "1X HDR"},
    Rate{40, "4X FDR10"}, Rate{30, "12X SDR"}, Rate{25, "1X EDR"},  // also for everything slower
};

const Rate& rate_of(double gbps) {
  const auto* found =
      std::find_if(rates.begin(), rates.end(), [&](const Rate& rate) { return gbps >= rate.gbps; });
  return found == rates.end() ? rates.back() : *found;
}

std::string hex(unsigned value, std::size_t digits) {
  std::array<char, 8> text{};
  char* const end = std::to_chars(text.data(), text.data() + text.size(), value, 16).ptr;
  const auto size = static_cast<std::size_t>(end - text.data());
  return std::string(digits - std::min(digits, size), '0').append(text.data(), size);
}

std::string pci_address(unsigned bus, unsigned slot) {
  return "0000:" + hex(bus, 2) + ":" + hex(slot, 2) + ".0";
}

struct Place {
  unsigned bus;
  unsigned slot;
  unsigned numa_node;
};

// One or two devices are on the first bus, four as on p4d, more as on p5: beside eight
// accelerators, whose PCIe switches are 17 buses apart.
Place place_of(unsigned device, unsigned devices) {
  if (devices <= 2) {
    return {0, 6 + device, device};
  }
  if (devices <= 4) {
    constexpr std::array<unsigned, 4> buses = {0x10, 0x20, 0x90, 0xa0};
    return {buses[device], 0x1b, device / 2};
  }
  constexpr unsigned switches = 8;
  const unsigned each = (devices + switches - 1) / switches;
  const unsigned which = device / each;
  return {0x4f + 0x11 * which + device % each, 0, which / (switches / 2)};
}

std::string pci_id(std::string_view efa_generation) {
  if (efa_generation == "v1") {
    return "0xefa0";
  }
  if (efa_generation == "v2") {
    return "0xefa1";
  }
  return efa_generation == "v3" ? "0xefa2" : "0xefa3";
}

// The GID holds the MAC 02:e5:fa:00:xx:xx as EUI-64, which turns the bit 0x02 over.
SimulatedDevice efa_device(unsigned number, const Place& place, const InstanceType& type) {
  return {.name = "rdmap" + std::to_string(place.bus) + "s" + std::to_string(place.slot),
          .pci_address = pci_address(place.bus, place.slot),
          .vendor = "0x1d0f",
          .device = pci_id(type.efa_generation),
          .numa_node = std::to_string(place.numa_node),
          .gid = "fe80:0000:0000:0000:00e5:faff:fe00:" + hex(number + 1, 4),
          .node_guid = "02e5:fa00:0000:" + hex(number + 1, 4)};
}

// P6-B200 shows the two controllers of its NVLink switches beside its EFAs.
void add_nvlink_controllers(HostLayout& layout) {
  for (const unsigned bus : {0xe7U, 0xe8U}) {
    const std::string guid = "9c63:c003:00" + hex(bus, 2) + ":0001";
    layout.devices.push_back({.name = "ibp" + std::to_string(bus) + "s0",
                              .pci_address = pci_address(bus, 0),
                              .vendor = "0x15b3",
                              .device = "0x1021",
                              .numa_node = "1",
                              .gid = "fe80:0000:0000:0000:" + guid,
                              .node_guid = guid,
                              .efa = false});
  }
}

std::string p2p_provider(std::string_view accelerator) {
  if (accelerator.starts_with("nvidia")) {
    return "NVIDIA";
  }
  return accelerator.starts_with("aws trainium") ? "NEURON" : "";
}

JobShape job_of(const InstanceType& type, unsigned devices, double gbps) {
  constexpr std::uint64_t bytes_per_gigabit = 125'000'000;
  // What the port reports, if that is less: nobody should see more than 100 % of it.
  const double used_gbps = std::min<double>(gbps, rate_of(gbps).gbps);
  JobShape job;
  job.devices = devices;
  job.bytes_per_second =
      static_cast<std::uint64_t>(used_gbps * static_cast<double>(bytes_per_gigabit));
  if (type.rdma_write) {
    job.transport = Transport::rdma_write;
  } else if (type.rdma_read) {
    job.transport = Transport::rdma_read;
  }
  job.counts_retransmissions = type.nitro_version != "v3";
  return job;
}

Error unknown(const std::string& instance_type) {
  std::string text = "unknown instance type \"" + instance_type + "\"";
  std::string_view before = "; did you mean ";
  for (const std::string_view near : near_instance_types(instance_type)) {
    text.append(std::exchange(before, ", ")).append(near);
  }
  text += "; any of the " + std::to_string(instance_types().size()) +
          " types in config/efa_instance_types.csv can be simulated, such as p5.48xlarge, "
          "p4d.24xlarge, c5n.18xlarge";
  return {Reason::unsupported, 0, std::move(text)};
}

}  // namespace

std::string rate_text(double gbps) {
  const Rate& rate = rate_of(gbps);
  return std::to_string(rate.gbps) + " Gb/sec (" + rate.lanes + ")";
}

Result<HostLayout> host_layout(const std::string& instance_type) {
  const auto type = find_instance_type(instance_type);
  if (!type) {
    return unknown(instance_type);
  }
  if (!type->max_efa_interfaces || !type->aggregate_network_gbps) {
    return Error{Reason::unsupported, 0,
                 instance_type +
                     " cannot be simulated: how many EFA devices it has, or how fast they are, is "
                     "not published"};
  }
  const unsigned devices = *type->max_efa_interfaces;
  const double gbps = *type->aggregate_network_gbps / devices;
  HostLayout layout;
  layout.rate = rate_text(gbps);
  layout.p2p = p2p_provider(type->accelerator_name);
  layout.job = job_of(*type, devices, gbps);
  for (unsigned number = 0; number < devices; ++number) {
    layout.devices.push_back(efa_device(number, place_of(number, devices), *type));
  }
  if (type->name == "p6-b200.48xlarge") {
    add_nvlink_controllers(layout);
  }
  return layout;
}

}  // namespace efa
