#pragma once

#include <string>

#include "collectors/base/files.h"

namespace efa {

/// What the firmware says of the machine.
struct Dmi {
  enum class Vendor : std::uint8_t { unknown, ec2, other };
  Vendor vendor = Vendor::unknown;
  std::string instance_type;  // these two only of EC2; empty: not known
  std::string instance_id;
};

/// Source   <sysfs>/class/dmi/id/{sys_vendor,product_name,board_asset_tag}
/// Errors   what cannot be read is not known
/// Threads  safe to call concurrently
Dmi read_dmi(Files& files, const std::string& sysfs);

}  // namespace efa
