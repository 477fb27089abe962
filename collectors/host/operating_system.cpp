#include "collectors/host/operating_system.h"

#include <utility>

#include "collectors/base/number.h"

namespace efa {
namespace {

// A value as a shell would take it: in quotes or not, with backslashes.
std::string unquoted(std::string_view value) {
  const bool is_quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                         value.back() == value.front();
  if (!is_quoted) {
    return std::string(value);
  }
  const bool has_escapes = value.front() == '"';
  value = value.substr(1, value.size() - 2);
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (has_escapes && value[i] == '\\' && i + 1 < value.size()) {
      ++i;
    }
    text.push_back(value[i]);
  }
  return text;
}

void set_if_plain(std::string& field, std::string text) {
  if (is_plain_text(text)) {
    field = std::move(text);
  }
}

struct Prefix {
  std::string_view text;
  std::string_view id;
};
constexpr Prefix release_prefixes[] = {
    {"Amazon Linux", "amzn"}, {"CentOS", "centos"},       {"Red Hat Enterprise", "rhel"},
    {"Rocky Linux", "rocky"}, {"AlmaLinux", "almalinux"}, {"Oracle Linux", "ol"},
};

bool refines(std::string_view version, std::string_view version_id) {
  return version.starts_with(version_id) &&
         (version.size() == version_id.size() || version[version_id.size()] == '.');
}

std::string read_release_line(HostFiles& files) {
  for (const std::string_view path : {"/etc/system-release", "/etc/redhat-release"}) {
    const auto text = files.read(files.below_root(path));
    if (!text) {
      continue;
    }
    std::string_view rest = *text;
    const std::string_view line = take_line(rest);
    if (is_plain_text(line)) {
      return std::string(line);
    }
  }
  return {};
}

}  // namespace

OperatingSystem parse_os_release(std::string_view text) {
  OperatingSystem system;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      continue;
    }
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (key == "ID") {
      set_if_plain(system.id, unquoted(value));
    } else if (key == "VERSION_ID") {
      set_if_plain(system.version_id, unquoted(value));
    } else if (key == "PRETTY_NAME") {
      set_if_plain(system.pretty_name, unquoted(value));
    }
  }
  system.version = system.version_id;
  return system;
}

OperatingSystem parse_system_release(std::string_view line) {
  OperatingSystem system;
  if (!is_plain_text(line)) {
    return system;
  }
  system.pretty_name = line;
  for (const Prefix& prefix : release_prefixes) {
    if (line.starts_with(prefix.text)) {
      system.id = prefix.id;
    }
  }
  constexpr std::string_view word = " release ";
  const std::size_t at = line.find(word);
  if (at != std::string_view::npos) {
    const std::string_view version = line.substr(at + word.size());
    system.version = version.substr(0, version.find(' '));
    system.version_id = system.version;
  }
  return system;
}

OperatingSystem read_operating_system(HostFiles& files) {
  OperatingSystem system;
  for (const std::string_view path : {"/etc/os-release", "/usr/lib/os-release"}) {
    const auto text = files.read(files.below_root(path));
    if (text) {
      system = parse_os_release(*text);
    }
    if (!system.id.empty()) {
      break;
    }
  }
  OperatingSystem released = parse_system_release(read_release_line(files));
  if (system.id.empty()) {
    return released;
  }
  if (!system.version_id.empty() && refines(released.version, system.version_id)) {
    system.version = released.version;
  }
  return system;
}

std::string read_kernel_release(HostFiles& files) {
  return files.line(files.below_procfs("/sys/kernel/osrelease"));
}

}  // namespace efa
