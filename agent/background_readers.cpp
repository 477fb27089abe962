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

std::shared_ptr<HostFactsCollector::FactsRefresher> make_host_facts(const Config& config,
                                                                    Files& files,
                                                                    const Clock& clock) {
  return std::make_shared<HostFactsCollector::FactsRefresher>(
      [source = std::make_shared<HostSource>(config, files, clock)](const std::monostate&) {
        return source->facts();
      },
      clock, HostFactsCollector::facts_interval);
}

std::shared_ptr<HostFactsCollector::StateRefresher> make_host_state(const Config& config,
                                                                    Files& files,
                                                                    const Clock& clock) {
  return std::make_shared<HostFactsCollector::StateRefresher>(
      [source = std::make_shared<HostSource>(config, files, clock)](
          const std::vector<std::string>& devices) { return source->state(devices); },
      clock, HostFactsCollector::state_interval);
}

std::shared_ptr<EnaRefresher> make_ena(const Config& config, Files& files, const Clock& clock) {
  return std::make_shared<EnaRefresher>(
      [source = std::make_shared<EnaSource>(config, files, clock)](const std::monostate&) {
        return source->read();
      },
      clock, config.ena.interval);
}

// What an OwnershipRefresher is made from; how many owners are shown is no business of its.
bool is_same_ownership(const Config& a, const Config& b) {
  return a.path == b.path && a.ownership.interval == b.ownership.interval &&
         a.ownership.queue_pairs == b.ownership.queue_pairs &&
         a.ownership.environment == b.ownership.environment;
}

}  // namespace

BackgroundReaders make_background_readers(const Config& config, Files& files, const Clock& clock,
                                          const BackgroundReaders& before) {
  BackgroundReaders readers;
  readers.made_from = config;
  const Config& old = before.made_from;
  if (config.collectors.owners) {
    const bool is_kept = before.ownership && is_same_ownership(config, old);
    readers.ownership = is_kept ? before.ownership : make_ownership(config, files, clock);
  }
  if (config.collectors.host) {
    const bool is_kept = before.host_facts && config.path == old.path;
    readers.host_facts = is_kept ? before.host_facts : make_host_facts(config, files, clock);
    readers.host_state = is_kept ? before.host_state : make_host_state(config, files, clock);
    readers.host_facts->refresh();
  }
  if (config.collectors.ena) {
    const bool is_kept = before.ena && config.path == old.path && config.ena == old.ena;
    readers.ena = is_kept ? before.ena : make_ena(config, files, clock);
  }
  return readers;
}

Ena::FindCards make_card_finder(std::shared_ptr<const KnownInstance> instance) {
  return [finder = std::make_shared<CardFinder>(std::move(instance))](
             const std::vector<std::string>&) { return finder->find(); };
}

}  // namespace efa
