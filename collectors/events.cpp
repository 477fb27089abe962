#include "collectors/events.h"

#include "collectors/catalogue/agent_metrics.h"

namespace efa {

void Events::describe(const DeviceLayouts& devices, SeriesPlan& /*plan*/) {
  devices_ = named_devices(devices);
  is_new_ = true;
}

bool Events::collect(const Reading& reading, SampleSink& sink) {
  // A list that could not be renewed, and a reading that was overtaken, are no news.
  if (is_new_ && !reading.scan_problem && (!last_ || reading.started > *last_)) {
    watch_->note(devices_);
    is_new_ = false;
  }
  if (!last_ || reading.started > *last_) {
    last_ = reading.started;
  }
  const DeviceWatch::Counts counts = watch_->counts();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sink.add(metric::device_events, {{"event", to_string(static_cast<DeviceEvent::Kind>(i))}},
             static_cast<double>(counts[i]));
  }
  return !reading.scan_problem;
}

}  // namespace efa
