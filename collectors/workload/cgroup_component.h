#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace efa::cgroup {

// The names that schedulers, runtimes and systemd give to cgroups, one component of a path each.
// All are pure, and give views into what they are given.

/// Not empty, and made of these characters alone.
bool is_made_of(std::string_view text, std::string_view characters, std::size_t longest);
bool is_number(std::string_view text, std::size_t longest);
/// Letters, digits and `more`.
bool is_plain(std::string_view text, std::string_view more, std::size_t longest);

/// What is between `prefix` and `suffix`, if that is how the text begins and ends.
std::optional<std::string_view> between(std::string_view text, std::string_view prefix,
                                        std::string_view suffix = {});

std::optional<std::uint32_t> parse_uid(std::optional<std::string_view> text);

/// 12 to 64 hexadecimal digits.
bool is_container_id(std::string_view text);
/// All 64 of them, which is hardly anything else.
bool is_whole_container_id(std::string_view text);

struct ContainerName {
  std::string_view id;
  std::string_view runtime;
};
/// "<runtime>-<id>.scope", also without ".scope" where the runtime is one we know.
std::optional<ContainerName> parse_container(std::string_view component);

/// The <uid> of "kubepods-burstable-pod<uid>.slice": systemd's form, which says all by itself.
std::optional<std::string_view> pod_in_slice(std::string_view component);

/// The <uid> of "pod<uid>", cgroupfs' form, somewhere below kubepods. What a pod runs may have a
/// cgroup "podman": only right below kubepods or a QoS class need a uid not look like one.
std::optional<std::string_view> pod_in_folder(std::string_view component, std::string_view above);

/// The unit of "<name>.service" or "<name>.scope", as systemctl has it.
std::optional<std::string_view> parse_unit(std::string_view component);

}  // namespace efa::cgroup
