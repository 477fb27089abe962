#include "collectors/imds/dmi.h"

#include <fcntl.h>

#include "collectors/imds/characters.h"

namespace efa {
namespace {

std::string text_or_empty(Files& files, const std::string& path) {
  auto text = files.read_text(AT_FDCWD, path.c_str());
  return text ? std::move(*text) : std::string();
}

}  // namespace

Dmi read_dmi(Files& files, const std::string& sysfs) {
  const std::string folder = sysfs + "/class/dmi/id/";
  Dmi dmi;
  const std::string vendor = text_or_empty(files, folder + "sys_vendor");
  if (vendor.empty()) {
    return dmi;
  }
  if (vendor != "Amazon EC2") {
    dmi.vendor = Dmi::Vendor::other;
    return dmi;
  }
  dmi.vendor = Dmi::Vendor::ec2;
  std::string type = text_or_empty(files, folder + "product_name");
  if (type.find('.') != std::string::npos && consists_of(type, ".-")) {
    dmi.instance_type = std::move(type);
  }
  std::string id = text_or_empty(files, folder + "board_asset_tag");
  if (id.starts_with("i-") && consists_of(id, "-")) {
    dmi.instance_id = std::move(id);
  }
  return dmi;
}

}  // namespace efa
