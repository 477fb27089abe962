#pragma once

#include <string_view>

#include "collectors/base/result.h"

namespace efa {

/// What has to be so that IMDS tells what it did not, by the reason for which it did not.
std::string_view imds_advice(const Error& problem);

}  // namespace efa
