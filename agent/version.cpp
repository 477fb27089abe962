#include "agent/version.h"

#define EFA_TEXT_OF(value) #value
#define EFA_TEXT(value) EFA_TEXT_OF(value)

namespace efa {

std::string_view version() { return EFA_AGENT_VERSION; }

std::string_view revision() { return EFA_AGENT_REVISION; }

std::string_view compiler() {
#if defined(__clang__)
  return "clang " EFA_TEXT(__clang_major__) "." EFA_TEXT(__clang_minor__) "." EFA_TEXT(
      __clang_patchlevel__);
#elif defined(__GNUC__)
  return "gcc " EFA_TEXT(__GNUC__) "." EFA_TEXT(__GNUC_MINOR__) "." EFA_TEXT(__GNUC_PATCHLEVEL__);
#else
  return "unknown";
#endif
}

}  // namespace efa
