#include "agent/background_readers.h"

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/daemon/problem_log.h"
#include "agent/ownership.h"
#include "collectors/ethtool/ena_reader.h"

namespace efa {
namespace {

CurrentProblem problem_of(const Error& error, const char* message, const char* over) {
  return {
      .subject = message + (": " + error.context),
      .kind = std::string(to_string(error.reason)),
      .message = message,
      .over = over,
      .about = {},
      .details = {{"reason", std::string(to_string(error.reason))}, {"error", error.message()}}};
}

std::vector<CurrentProblem> problems_of(const std::vector<Error>& errors) {
  std::vector<CurrentProblem> problems;
  problems.reserve(errors.size());
  for (const Error& error : errors) {
    problems.push_back(problem_of(error, "something of the host cannot be read",
                                  "all of the host can be read again"));
  }
  return problems;
}

// Used by one refresher's thread alone.
struct HostSource {
  HostSource(const Config& config, Files& some_files, const Clock& a_clock)
      : files(some_files),
        clock(a_clock),
        paths{config.path.root, config.path.sysfs, config.path.procfs} {}

  HostFacts facts() {
    HostFacts facts = read_host_facts(files, paths);
    log.report(problems_of(facts.problems), clock.now());
    return facts;
  }
  HostState state(const std::vector<std::string>& devices) {
    HostState state = read_host_state(files, paths, devices);
    log.report(problems_of(state.problems), clock.now());
    return state;
  }

  Files& files;
  const Clock& clock;
  const HostPaths paths;
  ProblemLog log;
};

struct EnaSource {
  EnaSource(const Config& config, Files& files, const Clock& a_clock)
      : clock(a_clock),
        reader(files, std::make_unique<PosixEthtoolIoctl>(), a_clock, config.path.sysfs,
               wanted_ena_statistics(config.ena.queues)) {}

  EnaReading read() {
    EnaReading reading = reader.read();
    std::vector<CurrentProblem> problems;
    if (reading.problem) {
      problems.push_back(problem_of(*reading.problem, "an ENA interface cannot be read",
                                    "the ENA interface can be read again"));
    }
    log.report(problems, clock.now());
    return reading;
  }

  const Clock& clock;
  EnaReader reader;
  ProblemLog log;
};

// The network cards of all interfaces that EC2 tells of; a new map only when something has changed.
class CardFinder {
 public:
  explicit CardFinder(std::shared_ptr<const KnownInstance> instance)
      : instance_(std::move(instance)) {}

  std::shared_ptr<const Ena::NetworkCards> find() {
    if (instance_->version() != version_) {
      version_ = instance_->version();
      auto cards = std::make_shared<Ena::NetworkCards>();
      for (const NetworkInterface& interface : instance_->metadata().interfaces) {
        if (!interface.network_card.empty()) {
          cards->emplace(interface.mac, interface.network_card);
        }
      }
      cards_ = std::move(cards);
    }
    return cards_;
  }

 private:
  std::shared_ptr<const KnownInstance> instance_;
  std::uint64_t version_ = 0;
  std::shared_ptr<const Ena::NetworkCards> cards_;
};

}  // namespace

BackgroundReaders make_background_readers(const Config& config, Files& files, const Clock& clock) {
  BackgroundReaders readers;
  if (config.collectors.owners) {
    readers.ownership = make_ownership(config, files, clock);
  }
  if (config.collectors.host) {
    readers.host_facts = std::make_shared<HostFactsCollector::FactsRefresher>(
        [source = std::make_shared<HostSource>(config, files, clock)](const std::monostate&) {
          return source->facts();
        },
        clock, HostFactsCollector::facts_interval);
    readers.host_state = std::make_shared<HostFactsCollector::StateRefresher>(
        [source = std::make_shared<HostSource>(config, files, clock)](
            const std::vector<std::string>& devices) { return source->state(devices); },
        clock, HostFactsCollector::state_interval);
  }
  if (config.collectors.ena) {
    readers.ena =
        std::make_shared<EnaRefresher>([source = std::make_shared<EnaSource>(config, files, clock)](
                                           const std::monostate&) { return source->read(); },
                                       clock, config.ena.interval);
  }
  return readers;
}

Ena::FindCards make_card_finder(std::shared_ptr<const KnownInstance> instance) {
  return [finder = std::make_shared<CardFinder>(std::move(instance))](
             const std::vector<std::string>&) { return finder->find(); };
}

}  // namespace efa
