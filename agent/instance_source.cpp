#include "agent/instance_source.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "agent/daemon/problem_log.h"
#include "collectors/imds/advice.h"
#include "collectors/imds/http_transport.h"
#include "collectors/imds/imds_endpoints.h"

namespace efa {
namespace {

// How often the reader may see whether anything is due.
constexpr std::chrono::seconds look_every{5};

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // nothing sets any after the start
  return value == nullptr ? std::string() : std::string(value);
}

MetadataSettings settings_of(const Config& config) {
  return {.sysfs = config.path.sysfs,
          .imds = {.endpoint = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
                   .endpoint_mode = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"),
                   .disabled = config.instance.imds ? environment("AWS_EC2_METADATA_DISABLED")
                                                    : std::string("true")},
          .tags = config.instance.tags};
}

std::vector<CurrentProblem> problems_of(const InstanceMetadata& metadata) {
  if (!metadata.problem) {
    return {};
  }
  const Error& error = *metadata.problem;
  return {
      {.subject = "imds",
       .kind = std::string(to_string(error.reason)),
       .message = "instance metadata cannot be read; " + std::string(imds_advice(error)) +
                  " (instance.imds: false turns this off)",
       .over = "instance metadata can be read again",
       .about = {},
       .details = {{"reason", std::string(to_string(error.reason))}, {"error", error.message()}}}};
}

// Used by the refresher's thread alone.
struct Source {
  Source(const Config& config, Files& files, const Clock& monotonic)
      : clock(monotonic), reader(files, transport, monotonic, settings_of(config)) {}

  InstanceMetadata read(const MetadataReader::Question& macs) {
    InstanceMetadata metadata = reader.read(macs);
    log.report(problems_of(metadata), clock.now());
    return metadata;
  }

  const Clock& clock;
  HttpTransport transport;
  MetadataReader reader;
  ProblemLog log;
};

}  // namespace

InstanceSource::InstanceSource(const Config& config, Files& files, const Clock& clock)
    : refresher_([source = std::make_shared<Source>(config, files, clock)](
                     const MetadataReader::Question& macs) { return source->read(macs); },
                 clock, look_every) {}

std::shared_ptr<const InstanceMetadata> InstanceSource::latest(const Reading& reading,
                                                               std::chrono::nanoseconds patience) {
  MetadataReader::Question macs;
  for (const DeviceReading& device : reading.devices) {
    if (!device.layout->attributes.mac.empty()) {
      macs.push_back(device.layout->attributes.mac);
    }
  }
  std::sort(macs.begin(), macs.end());
  return refresher_.latest(macs, patience);
}

}  // namespace efa
