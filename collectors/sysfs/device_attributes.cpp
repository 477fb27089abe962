#include "collectors/sysfs/device_attributes.h"

#include <fcntl.h>

#include <array>
#include <charconv>
#include <cstdint>

#include "collectors/base/number.h"

namespace efa {
namespace {

std::string text_or_empty(Files& files, const std::string& path) {
  auto text = files.read_text(AT_FDCWD, path.c_str());
  return text ? std::move(*text) : std::string();
}

std::string_view without_0x(std::string_view hex) {
  return hex.starts_with("0x") ? hex.substr(2) : hex;
}

}  // namespace

Result<PciIdentity> read_efa_identity(Files& files, const std::string& device_path) {
  const std::string pci = device_path + "/device";
  const auto vendor = files.read_text(AT_FDCWD, (pci + "/vendor").c_str());
  if (!vendor) {
    return vendor.error();
  }
  const auto device = files.read_text(AT_FDCWD, (pci + "/device").c_str());
  if (!device) {
    return device.error();
  }
  if (*vendor != "0x1d0f" || !device->starts_with("0xefa")) {
    return Error{Reason::absent, 0, {}};
  }
  const auto link = files.read_link(AT_FDCWD, pci.c_str());
  if (!link) {
    return link.error();
  }
  PciIdentity identity;
  identity.address = link->substr(link->rfind('/') + 1);
  identity.id = std::string(without_0x(*vendor)) + ':' + std::string(without_0x(*device));
  return identity;
}

DeviceAttributes read_attributes(Files& files, const std::string& sysfs, const std::string& name,
                                 const PciIdentity& pci) {
  const std::string device = sysfs + "/class/infiniband/" + name;
  DeviceAttributes attributes;
  attributes.name = name;
  attributes.pci_address = pci.address;
  attributes.pci_id = pci.id;
  attributes.numa_node = text_or_empty(files, device + "/device/numa_node");
  attributes.node_guid = text_or_empty(files, device + "/node_guid");
  if (attributes.node_guid.find_first_not_of("0:") == std::string::npos) {
    attributes.node_guid.clear();  // drivers before 2.12 have none
  }
  attributes.mac = mac_of_gid(text_or_empty(files, device + "/ports/1/gids/0")).value_or("");
  attributes.driver_version = text_or_empty(files, sysfs + "/module/efa/version");
  attributes.p2p = text_or_empty(files, device + "/device/p2p");
  return attributes;
}

std::optional<std::string> mac_of_gid(std::string_view gid) {
  constexpr std::size_t groups = 8;
  if (gid.size() != groups * 5 - 1) {
    return std::nullopt;
  }
  std::array<unsigned, groups * 2> bytes{};
  for (std::size_t group = 0; group < groups; ++group) {
    const char* begin = gid.data() + group * 5;
    unsigned value = 0;
    const auto [end, failure] = std::from_chars(begin, begin + 4, value, 16);
    const bool separated = group + 1 == groups || *(begin + 4) == ':';
    if (failure != std::errc{} || end != begin + 4 || !separated) {
      return std::nullopt;
    }
    bytes[group * 2] = value >> 8U;
    bytes[group * 2 + 1] = value & 0xffU;
  }
  const bool link_local = bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80;
  const bool eui64 = bytes[11] == 0xff && bytes[12] == 0xfe;
  if (!link_local || !eui64) {
    return std::nullopt;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string mac;
  for (const unsigned byte :
       {bytes[8] ^ 0x02U, bytes[9], bytes[10], bytes[13], bytes[14], bytes[15]}) {
    if (!mac.empty()) {
      mac += ':';
    }
    mac += digits[byte >> 4U];
    mac += digits[byte & 0xfU];
  }
  return mac;
}

std::optional<double> parse_rate(std::string_view rate) {
  const auto number = parse_leading_decimal(rate);
  const auto unit = rate.find(" Gb/sec");
  if (!number || unit == std::string_view::npos || rate.find(' ') != unit) {
    return std::nullopt;
  }
  constexpr double bytes_per_gigabit = 1e9 / 8;
  return *number * bytes_per_gigabit;
}

}  // namespace efa
