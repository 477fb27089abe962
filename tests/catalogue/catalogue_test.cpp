#include "collectors/catalogue/catalogue.h"

#include <filesystem>
#include <iterator>
#include <set>
#include <string>

#include "collectors/base/result.h"
#include "tests/support/catch.h"
#include "tests/support/recorded_tree.h"

namespace efa::test {
namespace {

namespace fs = std::filesystem;

// The counters that a recorded tree shows below its devices, by folder.
struct Shown {
  std::set<std::string> by_ports;
  std::set<std::string> by_devices;
};

void add_names(const fs::path& folder, std::set<std::string>& names) {
  if (!fs::exists(folder)) {
    return;
  }
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().filename() != "lifespan") {
      names.insert(file.path().filename());
    }
  }
}

Shown shown_by(const std::string& tree) {
  const RecordedTree recorded(EFA_TEST_DATA "/" + tree + ".tree");
  Shown shown;
  for (const auto& device : fs::directory_iterator(recorded.root() + "/class/infiniband")) {
    if (device.path().filename().string().starts_with("rdma")) {
      add_names(device.path() / "hw_counters", shown.by_devices);
      add_names(device.path() / "ports/1/hw_counters", shown.by_ports);
    }
  }
  return shown;
}

TEST_CASE(
    "every hardware counter of the catalogue is shown by a p5 with driver 3.1, and no other") {
  const Shown shown = shown_by("p5_48xlarge_efa_3.1");
  std::set<std::string> of_ports;
  std::set<std::string> of_devices;
  for (const MetricSpec& spec : hw_counters) {
    (spec.scope == Scope::port ? of_ports : of_devices).emplace(spec.source);
  }
  CHECK(shown.by_ports == of_ports);
  CHECK(shown.by_devices == of_devices);
}

TEST_CASE("every counter of every recorded host is in the catalogue") {
  for (const char* const tree : {"c5n_18xlarge_efa_1.13", "p4d_24xlarge_efa_2.12",
                                 "p5_48xlarge_efa_3.1", "p6-b200_48xlarge_efa_3.1"}) {
    const Shown shown = shown_by(tree);
    CHECK_FALSE(shown.by_ports.empty());
    for (const auto& names : {shown.by_ports, shown.by_devices}) {
      for (const std::string& name : names) {
        CAPTURE(tree, name);
        CHECK(find_hw_counter(name) != nullptr);
      }
    }
  }
}

TEST_CASE("the catalogue has 22 port counters, 12 device counters and 2 of kernel verbs") {
  std::size_t of_ports = 0;
  for (const MetricSpec& spec : hw_counters) {
    of_ports += spec.scope == Scope::port ? 1 : 0;
  }
  CHECK(of_ports == 22);
  CHECK(std::size(hw_counters) == 22 + 12 + 2);
}

TEST_CASE("a hardware counter keeps the kernel's word in its name") {
  for (const MetricSpec& spec : hw_counters) {
    CAPTURE(spec.source);
    CHECK(spec.name == "efa_" + std::string(spec.source) + "_total");
    CHECK(find_hw_counter(spec.source) == &spec);
  }
  CHECK(find_hw_counter("lifespan") == nullptr);
  CHECK(find_hw_counter("") == nullptr);
  CHECK(find_hw_counter("tx_byte") == nullptr);
}

TEST_CASE("the unit of a hardware counter is what its name says") {
  for (const MetricSpec& spec : hw_counters) {
    CAPTURE(spec.source);
    CHECK(spec.unit != Unit::none);
    CHECK(spec.source.ends_with("_bytes") == (spec.unit == Unit::bytes));
    CHECK(spec.source.ends_with("_wrs") == (spec.unit == Unit::work_requests));
    CHECK((!spec.source.ends_with("_pkts") || spec.unit == Unit::packets));
    CHECK((!spec.source.ends_with("_cmds") || spec.unit == Unit::commands));
    CHECK((!spec.source.ends_with("_events") || spec.unit == Unit::events));
  }
}

TEST_CASE("every help text is one sentence or more, in plain characters") {
  const auto check = [](const MetricSpec& spec) {
    CAPTURE(spec.name);
    CHECK(spec.help.size() > 10);
    CHECK(spec.help.ends_with('.'));
    CHECK_FALSE(spec.help.ends_with(".."));
    CHECK(((spec.help.front() >= 'A' && spec.help.front() <= 'Z') || spec.help.front() == '1'));
    CHECK(spec.help.find_first_of("\n\\\"") == std::string_view::npos);
  };
  for_each_metric(check);
}

TEST_CASE("no two families have one name, not even without the suffix that OpenMetrics cuts off") {
  constexpr std::string_view suffix = "_total";
  std::set<std::string_view> names;
  const auto add = [&](const MetricSpec& spec) {
    CAPTURE(spec.name);
    std::string_view family = spec.name;
    if (family.ends_with(suffix)) {
      family.remove_suffix(suffix.size());
    }
    CHECK(names.insert(family).second);
  };
  for_each_metric(add);
}

TEST_CASE("our own families are efa_* or process_*, and in base units") {
  for (const MetricSpec& spec : metric::all) {
    CAPTURE(spec.name);
    CHECK((spec.name.starts_with("efa_") || spec.name.starts_with("process_")));
    CHECK(legal_metric_name(spec.name));
    std::string_view name = spec.name;
    if (name.ends_with("_total")) {
      name.remove_suffix(std::string_view("_total").size());
    }
    CHECK(name.ends_with("_seconds") == (spec.unit == Unit::seconds));
    CHECK(name.ends_with("_bytes") == (spec.unit == Unit::bytes));
    CHECK(name.ends_with("_bytes_per_second") == (spec.unit == Unit::bytes_per_second));
  }
}

TEST_CASE("only info series and what the labels tell apart have labels beyond their scope's") {
  for (const MetricSpec& spec : metric::all) {
    CAPTURE(spec.name);
    CHECK((spec.kind != Kind::info || !spec.labels.empty()));
  }
}

TEST_CASE("a metric's name is letters, digits and underscores, not beginning with a digit") {
  CHECK(legal_metric_name("efa_tx_bytes_total"));
  CHECK(legal_metric_name("_A9"));
  CHECK_FALSE(legal_metric_name(""));
  CHECK_FALSE(legal_metric_name("9a"));
  CHECK_FALSE(legal_metric_name("a-b"));
  CHECK_FALSE(legal_metric_name("a:b"));
  CHECK_FALSE(legal_metric_name("a b"));
  CHECK_FALSE(legal_metric_name("\xc3\xa4"));
}

TEST_CASE("a table that breaks a rule is not well formed") {
  const MetricSpec good{"f", "efa_a_total", Kind::counter, Scope::port, Unit::bytes, "Help."};
  const auto with = [&](auto change) {
    MetricSpec spec = good;
    change(spec);
    return well_formed(std::span(&spec, 1));
  };
  CHECK(well_formed(std::span(&good, 1)));
  CHECK_FALSE(with([](MetricSpec& spec) { spec.name = "efa_a"; }));
  CHECK_FALSE(with([](MetricSpec& spec) { spec.kind = Kind::gauge; }));
  CHECK_FALSE(with([](MetricSpec& spec) { spec.kind = Kind::info; }));
  CHECK_FALSE(with([](MetricSpec& spec) { spec.name = "efa-a_total"; }));
  CHECK_FALSE(with([](MetricSpec& spec) { spec.help = "Help"; }));
  CHECK_FALSE(with([](MetricSpec& spec) { spec.help = ""; }));
  CHECK_FALSE(with([](MetricSpec& spec) { spec.source = ""; }));
  const MetricSpec twice[] = {good, good};
  CHECK_FALSE(well_formed(twice));
}

TEST_CASE("every reason has a word of its own") {
  std::set<std::string_view> words;
  for (std::size_t i = 0; i < reason_count; ++i) {
    const std::string_view word = to_string(static_cast<Reason>(i));
    CAPTURE(i);
    CHECK(legal_metric_name(word));
    words.insert(word);
  }
  CHECK(words.size() == reason_count);
  CHECK(static_cast<std::size_t>(Reason::no_descriptors) + 1 == reason_count);
  CHECK(to_string(Reason::absent) == "absent");
  CHECK(to_string(Reason::stuck) == "stuck");
  CHECK(to_string(Reason::no_descriptors) == "no_descriptors");
}

}  // namespace
}  // namespace efa::test
