#include "tests/imds/made_instance.h"

#include <array>
#include <cstdio>
#include <stdexcept>

namespace efa::test {
namespace {

std::string made_mac(unsigned number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "02:94:3d:89:1b:%02x", number);
  return text.data();
}

// What every interface has, be it EFA-only or not.
void add_interface(MadeInstance& instance, const std::string& mac, unsigned device_number) {
  const std::string folder = MadeInstance::folder_of(mac);
  std::string digits = mac;
  std::erase(digits, ':');
  instance.tree.set(folder + "device-number", std::to_string(device_number))
      .set(folder + "interface-id", "eni-0aaaa" + digits)
      .set(folder + "mac", mac)
      .set(folder + "owner-id", "123456789012")
      .set(folder + "security-group-ids", "sg-0bbbbbbbbbbbbbbb2\nsg-0aaaaaaaaaaaaaaa1")
      .set(folder + "security-groups", "nodes\nefa")
      .set(folder + "subnet-id", "subnet-0c0ffee0c0ffee001")
      .set(folder + "subnet-ipv4-cidr-block", "10.0.0.0/17")
      .set(folder + "vpc-id", "vpc-0123456789abcdef0")
      .set(folder + "vpc-ipv4-cidr-blocks", "10.0.0.0/16");
}

void attach_ena(MadeInstance& instance, const std::string& mac, bool tells_card) {
  add_interface(instance, mac, 0);
  const std::string folder = MadeInstance::folder_of(mac);
  instance.tree.set(folder + "local-ipv4s", "10.0.1.17")
      .set(folder + "local-hostname", "ip-10-0-1-17.ec2.internal")
      .set(folder + "ipv4-associations/3.1.2.3", "10.0.1.17");
  if (tells_card) {
    instance.tree.set(folder + "network-card", "0");
  }
}

void add_identity(MetadataTree& tree, const std::string& type) {
  tree.set("ami-id", "ami-0abcdef1234567890")
      .set("iam/security-credentials/role", "secret")
      .set("instance-id", "i-0123456789abcdef0")
      .set("instance-type", type)
      .set("placement/availability-zone", "us-east-1d");
}

void add_later_identity(MetadataTree& tree) {
  tree.set("instance-life-cycle", "on-demand")
      .set("placement/availability-zone-id", "use1-az4")
      .set("placement/region", "us-east-1")
      .set("tags/instance/Name", "node 17")
      .set("tags/instance/aws:parallelcluster:cluster-name", "weather");
}

}  // namespace

std::string MadeInstance::folder_of(const std::string& mac) {
  return "network/interfaces/macs/" + mac + '/';
}

MadeInstance make_instance(const std::string& type, std::vector<std::string> macs) {
  const bool is_p5 = type == "p5.48xlarge";
  const bool is_old = type == "c5n.18xlarge";
  if (!is_p5 && !is_old && type != "hpc7g.16xlarge") {
    throw std::runtime_error("not an instance type that can be made: " + type);
  }
  MadeInstance instance;
  add_identity(instance.tree, type);
  if (!is_old) {
    add_later_identity(instance.tree);
  }
  while (macs.size() < (is_p5 ? 32U : 1U)) {
    macs.push_back(made_mac(0x70 + static_cast<unsigned>(macs.size())));
  }
  if (is_p5) {
    instance.tree.set("placement/group-name", "training").set("placement/partition-number", "3");
    attach_ena(instance, made_mac(1), true);
    for (unsigned card = 0; card < macs.size(); ++card) {
      attach_efa_only(instance, macs[card], card, card == 0 ? 1 : 0);
    }
  } else {
    attach_ena(instance, macs.front(), !is_old);
    if (!is_old) {
      instance.tree.set("placement/group-name", "hpc");
    }
  }
  instance.efa_macs = std::move(macs);
  return instance;
}

void attach_efa_only(MadeInstance& instance, const std::string& mac, unsigned network_card,
                     unsigned device_number) {
  add_interface(instance, mac, device_number);
  instance.tree.set(MadeInstance::folder_of(mac) + "network-card", std::to_string(network_card));
}

}  // namespace efa::test
