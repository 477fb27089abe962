#include "agent/commands/serve.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "agent/agent.h"
#include "agent/commands/start.h"
#include "agent/daemon/activation.h"
#include "agent/daemon/limits.h"
#include "agent/daemon/log.h"
#include "agent/daemon/notify.h"
#include "agent/daemon/self_probe.h"
#include "agent/daemon/signals.h"
#include "agent/exposition/http_server.h"
#include "agent/exposition/listener.h"
#include "agent/version.h"
#include "agent/web.h"
#include "config/reload.h"

namespace efa {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds patience_of_first_reading{500};
constexpr milliseconds patience_of_last_scrapes{700};
constexpr std::chrono::seconds patience_of_probe{2};
constexpr std::chrono::hours without_watchdog{1};

// Connections that ask for something else than a scrape, or for one too many, must be answered as
// well.
constexpr unsigned threads_besides_scrapes = 4;
constexpr unsigned threads_without_limit = 64;

unsigned server_threads(const Config& config) {
  return config.web.max_requests == 0 ? threads_without_limit
                                      : config.web.max_requests + threads_besides_scrapes;
}

// Of the service manager; nothing, and the reason in the log, if they cannot be served on.
std::optional<std::vector<Listener>> passed_listeners_or_complaint() {
  try {
    std::vector<Listener> listeners;
    for (PassedSocket& socket : take_passed_sockets()) {
      listeners.push_back(adopt_listener(std::move(socket.fd), socket.name));
    }
    return listeners;
  } catch (const std::runtime_error& error) {
    log::error("socket activation failed", {{"error", error.what()}});
    return std::nullopt;
  }
}

std::vector<std::string> addresses_of(const std::vector<Listener>& listeners) {
  std::vector<std::string> addresses(listeners.size());
  std::transform(listeners.begin(), listeners.end(), addresses.begin(), address_of);
  return addresses;
}

class Service {
 public:
  /// `passed`: what to serve on; on the configured addresses if that is nothing.
  Service(const CommandLine& command_line, const Config& config, std::vector<Listener> passed)
      : command_line_(command_line),
        agent_(config, command_line.simulate, raise_open_file_limit(), Agent::Purpose::serve),
        web_(agent_),
        activated_(!passed.empty()),
        addresses_(activated_ ? addresses_of(passed) : config.web.listen_addresses),
        server_(make_server(std::move(passed), server_threads(config))) {}

  void announce();
  void run_until_terminated(SignalWaiter& signals);
  /// False: a scrape is stuck in a handler, and nothing it uses may be destroyed.
  bool stop();

 private:
  HttpServer make_server(std::vector<Listener> passed, unsigned threads);
  void reload();
  void feed_watchdog();
  [[nodiscard]] std::string status() const;

  const CommandLine& command_line_;
  Notifier notifier_ = Notifier::from_environment();
  Agent agent_;
  Web web_;
  const bool activated_;  // by the service manager, on its sockets
  const std::vector<std::string> addresses_;
  HttpServer server_;
};

HttpServer Service::make_server(std::vector<Listener> passed, unsigned threads) {
  HttpServer::Handler handler = [this](const HttpRequest& request, HttpResponse& response) {
    web_.answer(request, response);
  };
  HttpServer::Observer observer = [this](int status) { agent_.statistics().count_request(status); };
  return activated_
             ? HttpServer(std::move(passed), threads, std::move(handler), std::move(observer))
             : HttpServer(addresses_, threads, std::move(handler), std::move(observer));
}

std::string Service::status() const {
  const auto reading = agent_.last_reading();
  if (!reading) {
    return "no reading yet";
  }
  const auto up =
      std::count_if(reading->devices.begin(), reading->devices.end(),
                    [](const DeviceReading& device) { return device.state == DeviceState::up; });
  std::string text =
      std::to_string(up) + " of " + std::to_string(reading->devices.size()) + " EFA devices up";
  return agent_.simulated_type() ? text + ", simulated" : text;
}

void Service::announce() {
  const Config config = agent_.config();
  if (agent_.simulated_type()) {
    log::warning("the devices are simulated", {{"instance_type", *agent_.simulated_type()}});
  }
  if (activated_) {
    log::info("serving on the service manager's sockets in place of web.listen_addresses");
  }
  const auto ports = server_.ports();
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const std::string& address = addresses_[i];
    const std::string host = address.substr(0, address.rfind(':'));
    log::info("listening", {{"address", host + ":" + std::to_string(ports[i])},
                            {"telemetry_path", config.web.telemetry_path},
                            {"version", version()}});
  }
  std::string text;
  agent_.scrape(text, TextFormat::prometheus, patience_of_first_reading);
  if (const auto told = notifier_.ready(status()); !told) {
    log::warning("the service manager cannot be told", {{"error", told.error().message()}});
  }
}

void Service::run_until_terminated(SignalWaiter& signals) {
  const auto watchdog = watchdog_timeout_from_environment();
  // Twice in its time: one late answer, as on a busy host, is no reason to be killed.
  const auto interval = watchdog ? std::chrono::nanoseconds(*watchdog) / 3
                                 : std::chrono::nanoseconds(without_watchdog);
  while (true) {
    const auto signal = signals.wait_for(interval);
    if (signal == Signal::terminate) {
      return;
    }
    if (signal == Signal::reload) {
      reload();
    }
    if (watchdog) {
      feed_watchdog();
    }
  }
}

// Only an answer over HTTP proves that a scrape would be answered.
void Service::feed_watchdog() {
  const auto answered =
      probe_http(addresses_.front(), server_.ports().front(), "/healthz", patience_of_probe);
  if (!answered) {
    log::error("the agent does not answer itself", {{"error", answered.error().message()}});
    return;
  }
  (void)notifier_.watchdog();
  (void)notifier_.status(status());
}

void Service::reload() {
  (void)notifier_.reloading();
  LoadedConfig wanted = config_in_force(command_line_);
  for (const ConfigError& error : wanted.errors) {
    log::error("configuration is wrong, the running one stays", {{"error", error.to_string()}});
  }
  if (wanted.errors.empty()) {
    const Config running = agent_.config();
    for (const std::string& option : unchangeable_differences(running, wanted.config)) {
      log::warning("option changes only with a restart", {{"option", option}});
    }
    Config changed = with_restart_options_of(running, std::move(wanted.config));
    log::configure(changed.log.level, changed.log.format, log::stderr_destination());
    agent_.reconfigure(std::move(changed));
    log::info("configuration reloaded", {{"file", command_line_.config_file}});
  }
  (void)notifier_.ready(status());
}

bool Service::stop() {
  log::info("terminating");
  (void)notifier_.stopping();
  return server_.stop(patience_of_last_scrapes);
}

}  // namespace

int run_serve(const CommandLine& command_line) {
  SignalWaiter signals;  // before any thread
  const auto config = configuration_or_complaint(command_line);
  if (!config) {
    return exit_usage;
  }
  auto passed = passed_listeners_or_complaint();
  if (!passed) {
    return exit_usage;
  }
  auto service = std::make_unique<Service>(command_line, *config, std::move(*passed));
  service->announce();
  ::malloc_trim(0);  // what starting needed and serving does not
  service->run_until_terminated(signals);
  if (!service->stop()) {
    log::warning("a scrape did not end in time");
    std::_Exit(EXIT_SUCCESS);  // its thread still uses what would be destroyed
  }
  return EXIT_SUCCESS;
}

}  // namespace efa
