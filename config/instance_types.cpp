#include "config/instance_types.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <set>
#include <stdexcept>
#include <utility>

#include "config/instance_type_lines.h"

namespace efa {
namespace {

constexpr std::string_view header =
    "instance_type,max_efa_interfaces,network_cards,efa_generation,nitro_version,rdma_read,rdma_"
    "write,"
    "aggregate_network_gbps,accelerators,accelerator_name,arch,efa_launch_2019,source_note";

enum Column : std::size_t {
  instance_type,
  max_efa_interfaces,
  network_cards,
  efa_generation,
  nitro_version,
  rdma_read,
  rdma_write,
  aggregate_network_gbps,
  accelerators,
  accelerator_name,
  arch,
  efa_launch_2019,
  source_note,
  column_count
};

using Cells = std::array<std::string_view, column_count>;

std::invalid_argument bad(std::string_view what) {
  return std::invalid_argument(std::string(what));
}

// Cuts off and returns the first cell of a line. A quoted cell may hold commas, but no quotes.
std::string_view take_cell(std::string_view& line) {
  const bool quoted = line.starts_with('"');
  const std::size_t end = quoted ? line.find('"', 1) : std::min(line.find(','), line.size());
  if (end == std::string_view::npos) {
    throw bad("a quote that does not end");
  }
  const std::string_view cell = quoted ? line.substr(1, end - 1) : line.substr(0, end);
  line.remove_prefix(end + (quoted ? 1 : 0));
  if (cell.find('"') != std::string_view::npos || (!line.empty() && !line.starts_with(','))) {
    throw bad("a quote inside a cell");
  }
  return cell;
}

Cells cells_of(std::string_view line) {
  Cells cells;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i] = take_cell(line);
    if (line.empty() != (i + 1 == cells.size())) {
      throw bad("not 13 cells");
    }
    line.remove_prefix(line.empty() ? 0 : 1);
  }
  return cells;
}

template <typename Number>
std::optional<Number> positive_or_empty(std::string_view cell) {
  if (cell.empty()) {
    return std::nullopt;
  }
  Number number{};
  const char* const end = cell.data() + cell.size();
  const auto [parsed_to, failure] = std::from_chars(cell.data(), end, number);
  const bool plain = cell.find_first_not_of("0123456789.") == std::string_view::npos;  // no "inf"
  if (!plain || failure != std::errc{} || parsed_to != end || !(number > 0)) {
    throw bad("not a positive number: " + std::string(cell));
  }
  return number;
}

bool yes_or_no(std::string_view cell) {
  if (cell != "yes" && cell != "no") {
    throw bad("neither yes nor no: " + std::string(cell));
  }
  return cell == "yes";
}

std::string_view version(std::string_view cell) {
  if (cell.size() != 2 || cell[0] != 'v' || cell[1] < '1' || cell[1] > '9') {
    throw bad("not a version like v4: " + std::string(cell));
  }
  return cell;
}

InstanceType row_of(std::string_view line) {
  const Cells cells = cells_of(line);
  if (cells[instance_type].find('.') == std::string_view::npos) {
    throw bad("not an instance type: " + std::string(cells[instance_type]));
  }
  return {.name = cells[instance_type],
          .max_efa_interfaces = positive_or_empty<unsigned>(cells[max_efa_interfaces]),
          .efa_generation = version(cells[efa_generation]),
          .nitro_version = version(cells[nitro_version]),
          .rdma_read = yes_or_no(cells[rdma_read]),
          .rdma_write = yes_or_no(cells[rdma_write]),
          .aggregate_network_gbps = positive_or_empty<double>(cells[aggregate_network_gbps]),
          .accelerator_name = cells[accelerator_name],
          .launched_2019 = yes_or_no(cells[efa_launch_2019])};
}

std::size_t letters_in_common(std::string_view name, std::string_view type) {
  const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == b; };
  const auto end = std::mismatch(name.begin(), name.end(), type.begin(), type.end(), same).first;
  return static_cast<std::size_t>(end - name.begin());
}

}  // namespace

std::vector<InstanceType> parse_instance_types(std::span<const std::string_view> lines) {
  if (lines.empty() || lines.front() != header) {
    throw bad("line 1: not the header that is expected");
  }
  std::vector<InstanceType> types;
  types.reserve(lines.size() - 1);
  std::set<std::string_view> names;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    try {
      types.push_back(row_of(lines[i]));
      if (!names.insert(types.back().name).second) {
        throw bad("a second row for " + std::string(types.back().name));
      }
    } catch (const std::invalid_argument& error) {
      throw bad("line " + std::to_string(i + 1) + ": " + error.what());
    }
  }
  return types;
}

const std::vector<InstanceType>& instance_types() {
  static const std::vector<InstanceType> types = parse_instance_types(instance_type_lines());
  return types;
}

std::optional<InstanceType> find_instance_type(std::string_view name) {
  const auto& types = instance_types();
  const auto found = std::find_if(types.begin(), types.end(),
                                  [&](const InstanceType& type) { return type.name == name; });
  return found == types.end() ? std::nullopt : std::optional(*found);
}

std::vector<std::string_view> near_instance_types(std::string_view name) {
  constexpr std::size_t at_least = 2;  // the letter and the number of the family
  constexpr std::size_t at_most = 3;
  std::vector<std::pair<std::size_t, std::string_view>> near;
  for (const InstanceType& type : instance_types()) {
    const std::size_t in_common = letters_in_common(name, type.name);
    if (in_common >= at_least) {
      near.emplace_back(in_common, type.name);
    }
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < std::min(near.size(), at_most); ++i) {
    names.push_back(near[i].second);
  }
  return names;
}

}  // namespace efa
