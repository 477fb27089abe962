#include "collectors/process.h"

#include "collectors/catalogue/agent_metrics.h"

namespace efa {

bool Process::collect(const Reading& /*reading*/, SampleSink& sink) {
  const auto usage = reader_.read();
  if (!usage) {
    return false;
  }
  const auto add_known = [&](const MetricSpec& spec, const auto& value) {
    if (value) {
      sink.add(spec, {}, static_cast<double>(*value));
    }
  };
  sink.add(metric::process_cpu, {}, usage->cpu_seconds);
  add_known(metric::process_open_fds, usage->open_descriptors);
  add_known(metric::process_max_fds, usage->descriptors_limit);
  sink.add(metric::process_virtual_memory, {}, static_cast<double>(usage->virtual_bytes));
  add_known(metric::process_virtual_memory_max, usage->virtual_bytes_limit);
  sink.add(metric::process_resident_memory, {}, static_cast<double>(usage->resident_bytes));
  add_known(metric::process_start_time, usage->start_time);
  sink.add(metric::process_threads, {}, static_cast<double>(usage->threads));
  return true;
}

}  // namespace efa
