#include "collectors/instance.h"

#include "collectors/catalogue/agent_metrics.h"

namespace efa {

void Instance::describe(const DeviceLayouts& /*devices*/, SeriesPlan& plan) {
  plan.add(metric::instance_info,
           {{"instance_id", instance_.instance_id},
            {"instance_type", instance_.instance_type},
            {"availability_zone", instance_.availability_zone},
            {"availability_zone_id", instance_.availability_zone_id},
            {"region", instance_.region},
            {"placement_group", instance_.placement_group},
            {"image_id", instance_.image_id}},
           1);
}

}  // namespace efa
