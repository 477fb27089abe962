#include "collectors/workload/cgroup_component.h"

#include <algorithm>
#include <array>
#include <limits>

#include "collectors/base/number.h"

namespace efa::cgroup {
namespace {

constexpr std::string_view hexadecimal = "0123456789abcdef";
constexpr std::string_view letters_and_digits =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t container_id_size = 64;
constexpr std::size_t shortest_container_id = 12;

struct Runtime {
  std::string_view prefix;
  std::string_view name;
};
// A prefix of another comes after it.
constexpr std::array<Runtime, 8> runtimes{{{"cri-containerd-", "containerd"},
                                           {"crio-conmon-", "crio"},
                                           {"crio-", "crio"},
                                           {"docker-", "docker"},
                                           {"libpod-conmon-", "podman"},
                                           {"libpod-payload-", "podman"},
                                           {"libpod-", "podman"},
                                           {"nerdctl-", "containerd"}}};

}  // namespace

bool is_made_of(std::string_view text, std::string_view characters, std::size_t longest) {
  return !text.empty() && text.size() <= longest &&
         text.find_first_not_of(characters) == std::string_view::npos;
}

bool is_number(std::string_view text, std::size_t longest) {
  return is_made_of(text, "0123456789", longest);
}

bool is_plain(std::string_view text, std::string_view more, std::size_t longest) {
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [more](char character) {
           return letters_and_digits.find(character) != std::string_view::npos ||
                  more.find(character) != std::string_view::npos;
         });
}

bool is_container_id(std::string_view text) {
  return text.size() >= shortest_container_id && is_made_of(text, hexadecimal, container_id_size);
}

bool is_whole_container_id(std::string_view text) {
  return text.size() == container_id_size && is_made_of(text, hexadecimal, container_id_size);
}

std::optional<std::string_view> between(std::string_view text, std::string_view prefix,
                                        std::string_view suffix) {
  if (text.size() < prefix.size() + suffix.size() || !text.starts_with(prefix) ||
      !text.ends_with(suffix)) {
    return std::nullopt;
  }
  return text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
}

std::optional<std::uint32_t> parse_uid(std::optional<std::string_view> text) {
  if (!text || !is_number(*text, 10)) {
    return std::nullopt;
  }
  const auto value = parse_u64(*text);
  if (!value || *value > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*value);
}

std::optional<ContainerName> parse_container(std::string_view component) {
  const auto scope = between(component, "", ".scope");
  const std::string_view name = scope.value_or(component);
  for (const Runtime& runtime : runtimes) {
    if (const auto id = between(name, runtime.prefix); id && is_container_id(*id)) {
      return ContainerName{*id, runtime.name};
    }
  }
  const auto dash = name.rfind('-');
  if (!scope || dash == std::string_view::npos) {
    return std::nullopt;
  }
  const ContainerName other{name.substr(dash + 1), name.substr(0, dash)};
  if (!is_whole_container_id(other.id) || !is_plain(other.runtime, "-_.", 32)) {
    return std::nullopt;
  }
  return other;
}

std::optional<std::string_view> pod_in_slice(std::string_view component) {
  constexpr std::string_view mark = "-pod";
  const auto slice = between(component, "", ".slice");
  const auto at = slice ? slice->rfind(mark) : std::string_view::npos;
  if (at == std::string_view::npos ||
      slice->substr(0, at).find("kubepods") == std::string_view::npos) {
    return std::nullopt;
  }
  return slice->substr(at + mark.size());
}

std::optional<std::string_view> pod_in_folder(std::string_view component, std::string_view above) {
  const auto uid = between(component, "pod");
  const bool is_place = above == "burstable" || above == "besteffort" || above == "kubepods";
  constexpr std::size_t shortest = 32;
  const bool is_uid = uid && uid->size() >= shortest && is_made_of(*uid, "0123456789abcdef-_", 36);
  return is_place || is_uid ? uid : std::nullopt;
}

// systemd puts '_' before names that might be taken for the kernel's files ("cpu.service").
std::optional<std::string_view> parse_unit(std::string_view component) {
  if (!component.ends_with(".service") && !component.ends_with(".scope")) {
    return std::nullopt;
  }
  const std::string_view name = component.substr(component.starts_with('_') ? 1 : 0);
  return !name.starts_with('.') && is_plain(name, ":_.\\@-", 255) ? std::optional(name)
                                                                  : std::nullopt;
}

}  // namespace efa::cgroup
