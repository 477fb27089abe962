#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace efa {

enum class LogLevel : std::uint8_t { debug, info, warning, error };
/// Where port counters are read.
enum class CounterSource : std::uint8_t { sysfs, netlink, automatic };
enum class LogFormat : std::uint8_t { logfmt, json };

/// Everything an operator may set, with its default. What a member means, and what values it
/// takes, is told once: in config/options.cpp, from which errors, `config print` and
/// config/efa-agent.yaml are held to the same words.
struct Config {
  struct Web {
    std::vector<std::string> listen_addresses{":10045"};
    std::string telemetry_path = "/metrics";
    unsigned max_requests = 40;  // scrapes at once; 0: no limit
    std::string config_file;     // config/web_config.h; empty: none

    bool operator==(const Web&) const = default;
  } web;

  struct Path {
    std::string root = "/";
    std::string sysfs = "/sys";
    std::string procfs = "/proc";
    std::string pod_logs = "/var/log/pods";
    std::string pod_resources = "/var/lib/kubelet/pod-resources/kubelet.sock";

    bool operator==(const Path&) const = default;
  } path;

  struct Reading {
    std::chrono::milliseconds timeout{2000};
    unsigned threads = 8;

    bool operator==(const Reading&) const = default;
  } reading;

  struct Counters {
    CounterSource source = CounterSource::sysfs;

    bool operator==(const Counters&) const = default;
  } counters;

  struct Collectors {
    bool hw_counters = true;
    bool devices = true;
    bool instance = true;
    bool events = true;
    bool owners = true;
    bool host = true;
    bool ena = true;
    bool health = true;
    bool allocations = false;
    bool process = true;

    bool operator==(const Collectors&) const = default;
  } collectors;

  struct Ownership {
    std::chrono::milliseconds interval{15'000};
    unsigned max_owners = 512;
    bool queue_pairs = false;
    bool environment = false;

    bool operator==(const Ownership&) const = default;
  } ownership;

  struct Ena {
    std::chrono::milliseconds interval{10'000};
    bool queues = false;

    bool operator==(const Ena&) const = default;
  } ena;

  struct Devices {
    std::optional<unsigned> expected;  // nothing: the maximum of the instance type

    bool operator==(const Devices&) const = default;
  } devices;

  struct Instance {
    std::string instance_id;
    std::string instance_type;
    std::string availability_zone;
    std::string availability_zone_id;
    std::string region;
    std::string placement_group;
    std::string image_id;
    std::string node_name;
    bool imds = true;
    std::vector<std::string> tags;
    std::vector<std::string> labels_on_every_series{"instance_id"};

    bool operator==(const Instance&) const = default;
  } instance;

  std::map<std::string, std::string> labels;  // on every series

  struct Compat {
    bool aws_node_exporter = false;

    bool operator==(const Compat&) const = default;
  } compat;

  struct Log {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::logfmt;

    bool operator==(const Log&) const = default;
  } log;

  bool operator==(const Config&) const = default;
};

}  // namespace efa
