#include "collectors/base/result.h"

#include <cerrno>
#include <system_error>

namespace efa {

Reason reason_of(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ENOTDIR:
      return Reason::absent;
    case EOPNOTSUPP:
      return Reason::unsupported;
    case EACCES:
    case EPERM:
      return Reason::denied;
    case ETIME:
    case ETIMEDOUT:
      return Reason::timeout;
    case ENODEV:
    case ENXIO:
      return Reason::closed;
    case EMFILE:
    case ENFILE:
      return Reason::no_descriptors;
    default:
      return Reason::transient;
  }
}

std::string Error::message() const {
  std::string text = context;
  if (errno_value != 0) {
    if (!text.empty()) {
      text += ": ";
    }
    text += std::generic_category().message(errno_value);
  }
  return text.empty() ? std::string(to_string(reason)) : text;
}

}  // namespace efa
