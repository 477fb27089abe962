#include "collectors/events.h"

#include "collectors/catalogue/agent_metrics.h"

namespace efa {

void Events::describe(const DeviceLayouts& devices, SeriesPlan& /*plan*/) {
  watch_->note(named_devices(devices));
}

bool Events::collect(const Reading& reading, SampleSink& sink) {
  const DeviceWatch::Counts counts = watch_->counts();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sink.add(metric::device_events, {{"event", to_string(static_cast<DeviceEvent::Kind>(i))}},
             static_cast<double>(counts[i]));
  }
  return !reading.scan_problem;
}

}  // namespace efa
