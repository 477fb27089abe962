#pragma once

#include <vector>

#include "collectors/kubelet/pod_resources.h"

namespace v1 {
class ListPodResourcesResponse;
}

namespace efa {

/// What of an answer concerns EFAs, in its order.
std::vector<PodAllocation> efa_allocations(const v1::ListPodResourcesResponse& answer);

}  // namespace efa
