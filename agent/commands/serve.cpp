#include "agent/commands/serve.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
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
#include "agent/web_security_module.h"
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

// What is served on, and what the log and the watchdog call it.
struct Places {
  std::vector<Listener> listeners;
  std::vector<std::string> addresses;  // with the port that was found where any would do
};

Places configured_places(const std::vector<std::string>& addresses) {
  Places places;
  places.addresses.reserve(addresses.size());
  for (const std::string& address : addresses) {
    std::vector<Listener> more = listen_on(address);
    const std::string host = address.substr(0, address.rfind(':') + 1);
    places.addresses.push_back(host + std::to_string(more.front().port()));
    std::move(more.begin(), more.end(), std::back_inserter(places.listeners));
  }
  return places;
}

Places passed_places(std::vector<PassedSocket> sockets) {
  Places places;
  places.listeners.reserve(sockets.size());
  places.addresses.reserve(sockets.size());
  for (PassedSocket& socket : sockets) {
    places.listeners.push_back(adopt_listener(std::move(socket.fd), socket.name));
    places.addresses.push_back(address_of(places.listeners.back()));
  }
  return places;
}

// Those that the service manager passed, else the configured ones; nothing, and the reason in the
// log, if what was passed cannot be served on.
std::optional<Places> places_or_complaint(const std::vector<std::string>& configured) {
  try {
    if (auto sockets = take_passed_sockets(); !sockets.empty()) {
      Places places = passed_places(std::move(sockets));
      log::info("serving on the service manager's sockets in place of web.listen_addresses");
      return places;
    }
  } catch (const std::runtime_error& error) {
    log::error("socket activation failed", {{"error", error.what()}});
    return std::nullopt;
  }
  return configured_places(configured);
}

class Service {
 public:
  /// `security`: null without a web configuration.
  Service(const CommandLine& command_line, const Config& config,
          std::unique_ptr<WebSecurity> security, Places places)
      : command_line_(command_line),
        agent_(config, command_line.simulate, raise_open_file_limit(), Agent::Purpose::serve),
        web_(agent_),
        security_(std::move(security)),
        addresses_(std::move(places.addresses)),
        server_(make_server(std::move(places.listeners), server_threads(config))) {}

  void announce();
  void run_until_terminated(SignalWaiter& signals);
  /// False: a scrape is stuck in a handler, and nothing it uses may be destroyed.
  bool stop();

 private:
  std::unique_ptr<Server> make_server(std::vector<Listener> listeners, unsigned threads);
  void reload();
  void feed_watchdog();
  [[nodiscard]] std::string status() const;

  const CommandLine& command_line_;
  Notifier notifier_ = Notifier::from_environment();
  Agent agent_;
  Web web_;
  std::unique_ptr<WebSecurity> security_;
  const std::vector<std::string> addresses_;
  std::unique_ptr<Server> server_;
};

std::unique_ptr<Server> Service::make_server(std::vector<Listener> listeners, unsigned threads) {
  Server::Handler handler = [this](const HttpRequest& request, HttpResponse& response) {
    web_.answer(request, response);
  };
  Server::Observer observer = [this](int status) { agent_.statistics().count_request(status); };
  if (security_) {
    handler = security_->guarded(std::move(handler));
    if (security_->uses_tls()) {
      return security_->serve_tls(std::move(listeners), threads, std::move(handler),
                                  std::move(observer));
    }
  }
  return std::make_unique<HttpServer>(std::move(listeners), threads, std::move(handler),
                                      std::move(observer));
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
  for (const std::string& address : addresses_) {
    log::info("listening", {{"address", address},
                            {"telemetry_path", config.web.telemetry_path},
                            {"tls", security_ && security_->uses_tls() ? "true" : "false"},
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
      probe_http(addresses_.front(), server_->ports().front(), "/healthz", patience_of_probe,
                 security_ ? ProvingAnswer::any : ProvingAnswer::ok);
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
  if (security_) {
    security_->reload();
  }
  (void)notifier_.ready(status());
}

bool Service::stop() {
  log::info("terminating");
  (void)notifier_.stopping();
  return server_->stop(patience_of_last_scrapes);
}

}  // namespace

int run_serve(const CommandLine& command_line) {
  SignalWaiter signals;  // before any thread
  const auto config = configuration_or_complaint(command_line);
  if (!config) {
    return exit_usage;
  }
  std::unique_ptr<WebSecurity> security;
  if (!config->web.config_file.empty()) {
    security = web_security_or_complaint(config->web.config_file);
    if (!security) {
      return exit_usage;
    }
  }
  auto places = places_or_complaint(config->web.listen_addresses);
  if (!places) {
    return exit_usage;
  }
  auto service =
      std::make_unique<Service>(command_line, *config, std::move(security), std::move(*places));
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
