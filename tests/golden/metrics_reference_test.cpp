#include <cctype>
#include <fstream>
#include <iterator>
#include <set>
#include <span>
#include <string>

#include "collectors/catalogue/catalogue.h"
#include "tests/support/catch.h"
#include "tests/support/golden_file.h"

namespace {

using namespace efa;

std::string cell(std::string_view text) {
  return text.empty() ? " |" : " " + std::string(text) + " |";
}

std::string labels_of(const MetricSpec& spec) {
  std::string labels(to_string(spec.scope));
  if (!labels.empty() && !spec.labels.empty()) {
    labels += ", ";
  }
  return labels + std::string(spec.labels);
}

std::string type_of(const MetricSpec& spec) {
  return spec.kind == Kind::info ? "info" : std::string(to_string(spec.kind));
}

std::string table(std::span<const MetricSpec> specs, std::string_view source_title) {
  std::string text = "| metric | type | labels | unit | " + std::string(source_title) +
                     " | meaning |\n|---|---|---|---|---|---|\n";
  for (const MetricSpec& spec : specs) {
    text += "| `" + std::string(spec.name) + "` |" + cell(type_of(spec)) + cell(labels_of(spec)) +
            cell(to_string(spec.unit)) + cell("`" + std::string(spec.source) + "`") +
            cell(spec.help) + "\n";
  }
  return text;
}

std::string reference() {
  return "# Metrics\n"
         "\n"
         "Every family that efa-agent publishes. This page is made from `collectors/catalogue/` "
         "and a test\n"
         "holds it equal: to change it, change the catalogue and run that test with "
         "`EFA_UPDATE_GOLDEN=1`.\n"
         "\n"
         "Each series also carries the labels of `labels:` in the configuration, and the identity "
         "labels that\n"
         "`instance.labels_on_every_series` names, `instance_id` by default. A label that is not "
         "known is absent.\n"
         "A value that could not be read is absent, never 0 and never the previous one.\n"
         "\n"
         "## Hardware counters\n"
         "\n"
         "One for each file of the device's `hw_counters` and of each port's: which there are "
         "depends on the\n"
         "driver. Values are the kernel's, exact to 64 bits. They go back to 0 when the instance "
         "starts or the\n"
         "driver is loaded anew, which `rate()` and `increase()` allow for. A file that is not in "
         "this table is published as\n"
         "`efa_<file>_total`, and its help text says that it is not known.\n"
         "\n" +
         table(hw_counters, "sysfs file") +
         "\n"
         "What to know before adding them up:\n"
         "\n"
         "- `tx_bytes` and `rx_bytes` hold everything; `send_bytes`, `rdma_write_bytes` and "
         "`rdma_read_resp_bytes`\n"
         "  are parts of what is sent, `recv_bytes`, `rdma_write_recv_bytes` and `rdma_read_bytes` "
         "of what is received.\n"
         "- The `*_err` counters of objects (`create_qp_err`, ...) count the mistakes of programs, "
         "too: one is no fault.\n"
         "- `no_completion_cmds` above 0 means that the device's admin queue is closed until the "
         "driver is loaded\n"
         "  anew; queue pairs that exist may go on moving data.\n"
         "- The driver reports every port as ACTIVE and LinkUp whatever happens, so no such series "
         "exists.\n"
         "\n"
         "## Devices, instance and agent\n"
         "\n" +
         table(metric::all, "source") +
         "\n"
         "## Host\n"
         "\n" +
         table(metric::all_host, "source") +
         "\n"
         "## Network interfaces beside the EFA devices\n"
         "\n"
         "An EFA is an ENA with OS-bypass. These are of the ENA, its side for TCP/IP, as `ethtool "
         "-S` "
         "has them; none of them\n"
         "counts traffic of the EFA. `ena_info` tells which EFA is on the same interface, or else "
         "on "
         "the same network card.\n"
         "\n" +
         table(metric::ena_all, "source") + "\n" + table(ena_counters, "ethtool -S") +
         "\n"
         "With `ena.queues: true` also, for each queue:\n"
         "\n" +
         table(ena_queue_counters, "ethtool -S") +
         "\n"
         "`reason` of `efa_read_errors_total`: `unsupported` (EOPNOTSUPP), `denied` (no "
         "permission), `timeout`\n"
         "(ETIME, the device did not answer its driver), `closed` (ENODEV, the admin queue is "
         "closed or the device has\n"
         "left), `no_descriptors`, `malformed` (not a number of 64 bits), `stuck` (no answer by "
         "the deadline of a scrape),\n"
         "`transient` (anything else).\n"
         "\n"
         "In OpenMetrics a counter's family is named without `_total` and an info's without "
         "`_info`, as that format wants\n"
         "it; the names of the samples are the same in both formats.\n"
         "\n"
         "With `compat.aws_node_exporter: true` the names of AWS's EFA node exporter stand beside "
         "these:\n"
         "`node_amazonefa_<sysfs file>{device,port}` for the files of each port's `hw_counters`, "
         "`lifespan` among them,\n"
         "and `node_amazonefa_info{device}`.\n"
         "\n";
}

std::set<std::string> published_names() {
  std::set<std::string> names;
  for_each_metric([&](const MetricSpec& spec) {
    names.emplace(spec.name);
    if (spec.kind == Kind::summary) {
      names.insert(std::string(spec.name) + "_count");
      names.insert(std::string(spec.name) + "_sum");
    }
  });
  return names;
}

// Every word of `text` that begins with efa_ and could be a metric.
std::set<std::string> metric_words(const std::string& text) {
  std::set<std::string> words;
  const auto in_word = [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c));
  };
  for (std::size_t at = text.find("efa_"); at != std::string::npos; at = text.find("efa_", at)) {
    std::size_t end = at;
    while (end < text.size() && in_word(text[end])) {
      ++end;
    }
    if (at == 0 || !in_word(text[at - 1])) {
      words.insert(text.substr(at, end - at));
    }
    at = end;
  }
  return words;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  INFO(path);
  REQUIRE(file.is_open());
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the reference of metrics is what the catalogue makes of it") {
  const std::string path = EFA_SOURCE_DIR "/deploy/prometheus/METRICS.md";
  const std::string text = content_of(path);
  const std::size_t questions = text.find("## Questions and answers");  // from there on by hand
  REQUIRE(questions != std::string::npos);
  efa::test::check_golden(path, reference() + text.substr(questions));
}

TEST_CASE(
    "every efa_ word of the README and of the Prometheus files is a metric of the catalogue") {
  const std::set<std::string> published = published_names();
  const std::set<std::string> other{"efa_",  // efa_<name>_total
                                    "efa_instance_types", "efa_0", "efa_1",
                                    "efa_installer_version"};
  for (const std::string file : {"/README.md", "/deploy/prometheus/prometheus.yml",
                                 "/deploy/prometheus/METRICS.md", "/CHANGELOG.md"}) {
    for (const std::string& word : metric_words(content_of(EFA_SOURCE_DIR + file))) {
      INFO(file << ": " << word);
      CHECK(published.count(word) + other.count(word) == 1);
    }
  }
}

// A recorded sysfs has no processes, events and kubelet; tests/ownership, tests/collectors and
// tests/kubelet hold these to be published.
bool is_of_live_host(const MetricSpec& spec) {
  return spec.name.starts_with("efa_owner_") || spec.name.starts_with("efa_device_owner") ||
         spec.name == metric::device_resources.name || spec.name == metric::device_rank_info.name ||
         spec.name == metric::device_events.name ||
         spec.name == metric::device_allocation_info.name;
}

TEST_CASE("every metric of the catalogue occurs in a golden scrape or is about what runs") {
  std::string text;
  for (const std::string name : {"c5n_18xlarge_efa_1.13", "p4d_24xlarge_efa_2.12",
                                 "p5_48xlarge_efa_3.1", "p6-b200_48xlarge_efa_3.1"}) {
    text += content_of(EFA_SOURCE_DIR "/tests/golden/" + name + ".prom");
  }
  for (const MetricSpec& spec : hw_counters) {
    INFO(spec.name);
    CHECK(text.find("\n" + std::string(spec.name) + "{") != std::string::npos);
  }
  for (const MetricSpec& spec : metric::all) {
    const bool of_agent = spec.name.starts_with("process_") || spec.name.starts_with("efa_agent_");
    const bool of_failure = spec.name == metric::read_errors.name;
    INFO(spec.name);
    CHECK((of_agent || of_failure || is_of_live_host(spec) ||
           text.find("\n" + std::string(spec.name) + "{") != std::string::npos));
  }
}
