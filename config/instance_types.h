#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace efa {

/// What an EC2 instance type has of EFA; a row of config/efa_instance_types.csv, which is built in.
/// An empty text or nothing: not published.
struct InstanceType {
  std::string_view name;
  std::optional<unsigned> max_efa_interfaces;
  std::string_view efa_generation;  // v1 .. v4
  std::string_view nitro_version;   // v3 .. v6
  bool rdma_read = false;
  bool rdma_write = false;
  std::optional<double> aggregate_network_gbps;
  std::string_view accelerator_name;  // "nvidia h100"
  bool launched_2019 = false;         // one of the four types of EFA's first list
};

/// The row of a type; nothing if the table does not have it.
std::optional<InstanceType> find_instance_type(std::string_view name);

/// All types, in the order of the table. Parsed on the first call, from any thread.
const std::vector<InstanceType>& instance_types();

/// For "did you mean": up to three types that begin like `name`, the likeliest first; empty if none
/// does.
std::vector<std::string_view> near_instance_types(std::string_view name);

/// The table in `lines`, the header first; the rows refer to the lines' storage.
///
/// Errors   std::invalid_argument, naming the line: the built-in table is held by a test
std::vector<InstanceType> parse_instance_types(std::span<const std::string_view> lines);

}  // namespace efa
