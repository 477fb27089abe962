#include "collectors/imds/interface_table.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace efa {
namespace {

constexpr std::string_view folder = "network/interfaces/macs/";

std::string path_of(std::string_view mac, std::string_view key) {
  std::string path(folder);
  path += mac;
  path += '/';
  path += key;
  return path;
}

bool is_mac(std::string_view text) {
  constexpr std::size_t length = 17;
  return text.size() == length && std::all_of(text.begin(), text.end(), [](char c) {
           return c == ':' || std::isxdigit(static_cast<unsigned char>(c)) != 0;
         });
}

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

void read_groups(NetworkInterface& interface, Inquiry& inquiry) {
  if (auto groups = inquiry.lines(path_of(interface.mac, "security-group-ids"))) {
    std::sort(groups->begin(), groups->end());
    interface.security_group_ids = std::move(*groups);
  }
}

}  // namespace

void InterfaceTable::refresh(const std::vector<std::string>& macs, Inquiry& inquiry) {
  std::vector<std::string> missing = missing_of(macs);
  if (is_list_due(missing) && !inquiry.over() && read_list(macs, inquiry)) {
    missing_age_ = missing == missing_ ? std::min(missing_age_ * 2, age) : missing_age;
    missing_ = std::move(missing);
  }
  for (const std::string& mac : listed_) {
    if (inquiry.over()) {
      return;
    }
    read_interface(mac, inquiry);
  }
}

std::vector<NetworkInterface> InterfaceTable::interfaces() const {
  std::vector<NetworkInterface> all;
  all.reserve(entries_.size());
  for (const auto& [mac, entry] : entries_) {
    if (!entry.interface.interface_id.empty()) {
      all.push_back(entry.interface);
    }
  }
  return all;
}

bool InterfaceTable::is_complete() const { return is_list_whole_ && missing_of(listed_).empty(); }

std::vector<std::string> InterfaceTable::missing_of(const std::vector<std::string>& macs) const {
  std::vector<std::string> missing;
  for (const std::string& mac : macs) {
    const auto entry = entries_.find(mac);
    if (entry == entries_.end() || entry->second.interface.interface_id.empty()) {
      missing.push_back(mac);
    }
  }
  return missing;
}

bool InterfaceTable::is_list_due(const std::vector<std::string>& missing) const {
  if (!list_read_) {
    return true;
  }
  const auto old = clock_.now() - *list_read_;
  return old >= age ||
         (!missing.empty() && old >= (missing == missing_ ? missing_age_ : missing_age));
}

bool InterfaceTable::read_list(const std::vector<std::string>& macs, Inquiry& inquiry) {
  auto names = inquiry.lines(folder);
  if (inquiry.stopped()) {
    return false;
  }
  list_read_ = clock_.now();
  if (!names) {
    return true;  // what was listed stays
  }
  listed_.clear();
  for (std::string& name : *names) {
    if (name.ends_with('/')) {
      name.pop_back();
    }
    if (is_mac(name)) {
      listed_.push_back(std::move(name));
    }
  }
  std::stable_partition(listed_.begin(), listed_.end(),
                        [&](const std::string& mac) { return contains(macs, mac); });
  is_list_whole_ = listed_.size() <= most;
  listed_.resize(std::min(listed_.size(), most));
  std::erase_if(entries_, [&](const auto& entry) {
    return !contains(listed_, entry.first) || entry.second.interface.interface_id.empty();
  });
  return true;
}

void InterfaceTable::read_interface(const std::string& mac, Inquiry& inquiry) {
  const SteadyTime now = clock_.now();
  const auto known = entries_.find(mac);
  if (known == entries_.end() || now - known->second.facts_read >= facts_age) {
    NetworkInterface interface = read_facts(mac, inquiry);
    if (!inquiry.stopped()) {
      entries_[mac] = {std::move(interface), now, now};
    }
  } else if (now - known->second.groups_read >= age) {
    read_groups(known->second.interface, inquiry);
    if (!inquiry.stopped()) {
      known->second.groups_read = now;
    }
  }
}

NetworkInterface InterfaceTable::read_facts(const std::string& mac, Inquiry& inquiry) const {
  NetworkInterface interface;
  interface.mac = mac;
  // What an interface has not is not on its list, which saves asking for it.
  const auto keys = inquiry.lines(path_of(mac, ""));
  const auto value = [&](std::string_view key) {
    return keys && contains(*keys, key) ? inquiry.value(path_of(mac, key)).value_or("") : "";
  };
  interface.interface_id = value("interface-id");
  interface.device_number = value("device-number");
  interface.network_card = value("network-card");
  if (interface.network_card.empty()) {
    interface.network_card = value("network-card-index");  // as EC2's documents call it
  }
  interface.subnet_id = value("subnet-id");
  interface.vpc_id = vpc_of_subnet(interface.subnet_id);
  if (interface.vpc_id.empty()) {
    interface.vpc_id = value("vpc-id");
  }
  interface.has_addresses = !value("local-ipv4s").empty() || !value("ipv6s").empty();
  read_groups(interface, inquiry);
  return interface;
}

std::string InterfaceTable::vpc_of_subnet(const std::string& subnet_id) const {
  const auto same = std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) {
    return !subnet_id.empty() && entry.second.interface.subnet_id == subnet_id;
  });
  return same == entries_.end() ? std::string() : same->second.interface.vpc_id;
}

}  // namespace efa
