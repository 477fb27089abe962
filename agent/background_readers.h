#pragma once

#include <memory>

#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/ena.h"
#include "collectors/host_facts.h"
#include "collectors/known_instance.h"
#include "collectors/owners.h"
#include "config/config.h"

namespace efa {

/// What is read by threads of their own, wired by a configuration, for all collectors that need it;
/// null where the configuration turns it off. What cannot be read goes to the log once.
struct BackgroundReaders {
  std::shared_ptr<OwnershipRefresher> ownership;
  std::shared_ptr<HostFactsCollector::FactsRefresher> host_facts;  // versions: with host_state
  std::shared_ptr<HostFactsCollector::StateRefresher> host_state;  // modules, huge pages, nodes
  std::shared_ptr<EnaRefresher> ena;                               // the ENA beside each EFA
  Config made_from;
};

/// Those of `before` are kept whose options are the same, with what they know, and with a thread
/// that hangs; of these the host's facts are read anew, for which nobody waits. No thread of others
/// runs before somebody asks.
///
/// `files` and `clock` must be there until the process ends.
BackgroundReaders make_background_readers(const Config& config, Files& files, const Clock& clock,
                                          const BackgroundReaders& before = {});

/// Finds the network cards of all interfaces that EC2 tells of.
Ena::FindCards make_card_finder(std::shared_ptr<const KnownInstance> instance);

}  // namespace efa
