#include "collectors/ena.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace efa {
namespace {

// More than the driver has, so that no name makes more series than that.
constexpr unsigned most_queues = 256;

struct QueueStatistic {
  std::string_view number;
  const MetricSpec* spec;
};

// "queue_12_tx_cnt".
std::optional<QueueStatistic> queue_statistic(std::string_view name) {
  constexpr std::string_view prefix = "queue_";
  if (!name.starts_with(prefix)) {
    return std::nullopt;
  }
  name.remove_prefix(prefix.size());
  unsigned value = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, failure] = std::from_chars(name.data(), end, value);
  const auto digits = static_cast<std::size_t>(rest - name.data());
  if (failure != std::errc{} || rest == end || *rest != '_' || value >= most_queues ||
      (digits > 1 && name.front() == '0')) {
    return std::nullopt;
  }
  const MetricSpec* spec = find_ena_counter(ena_queue_counters, name.substr(digits + 1));
  if (spec == nullptr) {
    return std::nullopt;
  }
  return QueueStatistic{name.substr(0, digits), spec};
}

const std::optional<std::uint64_t>& value_at(const EnaInterfaceReading& interface,
                                             std::size_t place) {
  return interface.statistics.values[place];
}

}  // namespace

StatisticsReader::Wanted wanted_ena_statistics(bool queues) {
  return [queues](std::string_view name) {
    return find_ena_counter(ena_counters, name) != nullptr || (queues && queue_statistic(name));
  };
}

Ena::Ena(std::shared_ptr<EnaRefresher> refresher, FindCards find_cards, const Clock& clock,
         std::chrono::nanoseconds interval, std::chrono::nanoseconds patience)
    : refresher_(std::move(refresher)),
      find_cards_(std::move(find_cards)),
      clock_(clock),
      interval_(interval),
      patience_(patience) {}

void Ena::describe(const DeviceLayouts& devices, SeriesPlan& /*plan*/) {
  devices_ = devices;
  is_paired_ = false;
}

bool Ena::collect(const Reading& /*reading*/, SampleSink& sink) {
  const auto latest = refresher_->latest({}, std::exchange(patience_, {}));
  if (!latest || is_overdue(latest, clock_.now())) {
    return false;
  }
  show(latest);
  add_infos(sink);
  add_counters(sink);
  add_queues(sink);
  return !latest->problem;
}

// The refresher goes on giving its last answer while the thread is stuck in the next one.
bool Ena::is_overdue(const std::shared_ptr<const EnaReading>& latest, SteadyTime now) {
  if (latest != shown_ || now - latest->started < interval_) {
    waiting_since_.reset();
  }
  if (now - latest->started < interval_) {
    return false;
  }
  if (!waiting_since_) {
    waiting_since_ = now;
  }
  return now - *waiting_since_ > longest_reading;
}

void Ena::show(const std::shared_ptr<const EnaReading>& latest) {
  if (latest != shown_) {
    shown_ = latest;
    is_paired_ = false;
    const auto& interfaces = latest->interfaces;
    columns_.resize(interfaces.size());
    macs_.clear();
    for (std::size_t i = 0; i < interfaces.size(); ++i) {
      macs_.push_back(interfaces[i].interface->mac);
      if (columns_[i].names != interfaces[i].statistics.names) {
        columns_[i] = columns_of(interfaces[i].statistics.names);
      }
    }
  }
  auto cards = find_cards_ ? find_cards_(macs_) : nullptr;
  if (!is_paired_ || cards != cards_) {
    cards_ = std::move(cards);
    pair();
  }
}

Ena::Columns Ena::columns_of(std::shared_ptr<const std::vector<std::string>> names) {
  Columns columns;
  for (std::size_t place = 0; names && place < names->size(); ++place) {
    const std::string& name = (*names)[place];
    if (const MetricSpec* spec = find_ena_counter(ena_counters, name)) {
      auto& of_row = columns.places[static_cast<std::size_t>(spec - std::begin(ena_counters))];
      of_row = of_row.value_or(place);
    } else if (const auto queue = queue_statistic(name)) {
      auto& of_row =
          columns.queues[static_cast<std::size_t>(queue->spec - std::begin(ena_queue_counters))];
      const bool is_known = std::any_of(of_row.begin(), of_row.end(), [&](const auto& known) {
        return known.number == queue->number;
      });
      if (!is_known) {
        of_row.push_back({std::string(queue->number), place});
      }
    }
  }
  columns.names = std::move(names);
  return columns;
}

void Ena::pair() {
  pairings_.clear();
  for (const auto& one : shown_->interfaces) {
    const auto card = card_of(one.interface->mac);
    pairings_.push_back({std::string(card), device_of(*one.interface, card)});
  }
  is_paired_ = true;
}

std::string_view Ena::card_of(std::string_view mac) const {
  if (!cards_ || mac.empty()) {
    return {};
  }
  const auto card = cards_->find(mac);
  return card == cards_->end() ? std::string_view() : std::string_view(card->second);
}

bool Ena::has_mac(std::string_view mac) const {
  return std::find(macs_.begin(), macs_.end(), mac) != macs_.end();
}

// One interface made for both has one MAC. An EFA-only interface has another one than the ENA of
// its card; where the card has several of them, none can be told to be the one.
std::string Ena::device_of(const EnaInterface& interface, std::string_view card) const {
  std::vector<const DeviceAttributes*> of_card;
  for (const auto& device : devices_) {
    const DeviceAttributes& attributes = device->attributes;
    if (!attributes.mac.empty() && attributes.mac == interface.mac) {
      return attributes.name;
    }
    if (!card.empty() && card_of(attributes.mac) == card) {
      of_card.push_back(&attributes);
    }
  }
  if (of_card.size() > 1) {
    std::erase_if(of_card, [&](const auto* device) { return has_mac(device->mac); });
  }
  return of_card.size() == 1 ? of_card.front()->name : std::string();
}

void Ena::add_infos(SampleSink& sink) const {
  const auto& interfaces = shown_->interfaces;
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    const EnaInterface& interface = *interfaces[i].interface;
    sink.add(metric::ena_info,
             {{"interface", interface.name},
              {"mac", interface.mac},
              {"pci_address", interface.pci_address},
              {"network_card", pairings_[i].network_card},
              {"device", pairings_[i].device}},
             1);
  }
  for (const auto& one : interfaces) {
    if (one.carrier) {
      sink.add(metric::ena_carrier, {{"interface", one.interface->name}}, *one.carrier ? 1 : 0);
    }
  }
  add_traffic(metric::ena_rx_bytes, &EnaInterfaceReading::rx_bytes, sink);
  add_traffic(metric::ena_tx_bytes, &EnaInterfaceReading::tx_bytes, sink);
}

void Ena::add_traffic(const MetricSpec& spec,
                      std::optional<std::uint64_t> EnaInterfaceReading::*bytes,
                      SampleSink& sink) const {
  for (const auto& one : shown_->interfaces) {
    if (const auto& value = one.*bytes) {
      sink.add(spec, {{"interface", one.interface->name}}, static_cast<double>(*value));
    }
  }
}

void Ena::add_counters(SampleSink& sink) const {
  const auto& interfaces = shown_->interfaces;
  for (std::size_t row = 0; row < std::size(ena_counters); ++row) {
    for (std::size_t i = 0; i < interfaces.size(); ++i) {
      const auto& place = columns_[i].places[row];
      if (!place) {
        continue;
      }
      if (const auto& value = value_at(interfaces[i], *place)) {
        sink.add(ena_counters[row], {{"interface", interfaces[i].interface->name}},
                 static_cast<double>(*value));
      }
    }
  }
}

void Ena::add_queues(SampleSink& sink) const {
  const auto& interfaces = shown_->interfaces;
  for (std::size_t row = 0; row < std::size(ena_queue_counters); ++row) {
    for (std::size_t i = 0; i < interfaces.size(); ++i) {
      for (const auto& queue : columns_[i].queues[row]) {
        if (const auto& value = value_at(interfaces[i], queue.place)) {
          sink.add(ena_queue_counters[row],
                   {{"interface", interfaces[i].interface->name}, {"queue", queue.number}},
                   static_cast<double>(*value));
        }
      }
    }
  }
}

}  // namespace efa
