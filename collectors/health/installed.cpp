#include "collectors/health/installed.h"

#include "collectors/health/words.h"
#include "collectors/host/version.h"

namespace efa {

using namespace words;

bool is_older(std::string_view version, std::string_view than) {
  const auto parsed = parse_version(version);
  return parsed && *parsed < *parse_version(than);
}

std::optional<Finding> obstacle(const HealthView& view) {
  if (is_without_efa(view)) {
    return without_efa();
  }
  return view.host ? std::nullopt : std::optional(without_host_facts());
}

Finding without_folder(std::string_view folder) {
  const std::string name(folder);
  return unknown("the host's " + name + " is not visible to this process",
                 "run efa-agent doctor on the host itself, or mount the host's " + name +
                     " below path.root (on Kubernetes the component host-files does)");
}

}  // namespace efa
