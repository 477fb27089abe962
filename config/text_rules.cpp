#include "config/text_rules.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>

#include "config/labels.h"

namespace efa {
namespace {

constexpr std::string_view digits = "0123456789";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

template <std::size_t Size>
bool contains(const std::string_view (&list)[Size], std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

std::string_view object_to_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      return "which is not UTF-8";
    }
    text.remove_prefix(length);
  }
  return {};
}

std::string_view object_to_path(std::string_view text) {
  if (text.empty()) {
    return "which is empty";
  }
  if (text.find('\0') != std::string_view::npos) {
    return "which has a NUL in it";
  }
  return object_to_text(text);
}

std::string_view object_to_optional_path(std::string_view text) {
  return text.empty() ? std::string_view{} : object_to_path(text);
}

std::string_view object_to_port(std::string_view port) {
  if (port.empty()) {
    return "which has no port";
  }
  if (port.find_first_not_of(digits) != std::string_view::npos ||
      (port.size() > 1 && port.front() == '0')) {
    return "whose port is not a decimal number";
  }
  if (port.size() > 5 || std::stoul(std::string(port)) > 65535) {
    return "whose port is over 65535";
  }
  return {};
}

bool is_ip(int family, std::string_view text) {
  in6_addr address{};
  return ::inet_pton(family, std::string(text).c_str(), &address) == 1;
}

std::string_view object_to_host(std::string_view host) {
  if (host.find(':') != std::string_view::npos) {
    return "whose IPv6 address needs [brackets]";
  }
  const bool numeric =
      !host.empty() && host.find_first_not_of("0123456789.") == std::string_view::npos;
  if (numeric && !is_ip(AF_INET, host)) {
    return "whose host is not an IPv4 address";
  }
  const bool legal = std::all_of(host.begin(), host.end(), [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
  });
  return legal ? std::string_view{} : "whose host is neither a name nor an address";
}

std::string_view object_to_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ip(AF_INET6, text.substr(1, close - 1))) {
      return "which has no IPv6 address between [ and ]";
    }
    if (colon != close + 1) {
      return "which has no :port after the ]";
    }
    return object_to_port(text.substr(colon + 1));
  }
  if (colon == std::string_view::npos) {
    return "which has no :port";
  }
  const std::string_view objection = object_to_host(text.substr(0, colon));
  return objection.empty() ? object_to_port(text.substr(colon + 1)) : objection;
}

std::string_view object_to_telemetry_path(std::string_view text) {
  if (!text.starts_with('/')) {
    return "which does not begin with /";
  }
  if (text == "/" || text == "/healthz" || text == "/readyz") {
    return "where the agent serves something else";
  }
  // Requests are compared by their decoded path, so a query or an escape would never match.
  const bool legal = std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || std::string_view("/-._~").find(c) != std::string_view::npos;
  });
  return legal ? std::string_view{} : "which has a character that may not stand in it";
}

std::string_view object_to_identity_label(std::string_view text) {
  return contains(identity_labels, text) ? std::string_view{}
                                         : "which is none of the identity labels";
}

std::string_view object_to_label_name(std::string_view text) {
  constexpr std::size_t longest_name = 256;
  const bool legal = !text.empty() && digits.find(text.front()) == std::string_view::npos &&
                     std::all_of(text.begin(), text.end(),
                                 [](char c) { return is_letter_or_digit(c) || c == '_'; });
  if (!legal) {
    return "which Prometheus does not take as the name of a label";
  }
  if (text.size() > longest_name) {
    return "which is longer than 256 characters";
  }
  if (text.starts_with("__")) {
    return "which begins with __, as only Prometheus's own labels do";
  }
  if (contains(identity_labels, text)) {
    return "which is an identity label: set it in instance";
  }
  if (contains(agent_labels, text) || contains(format_labels, text)) {
    return "which the agent sets itself";
  }
  return {};
}

constexpr unsigned byte(char c) { return static_cast<unsigned char>(c); }

bool is_continuation(char c) { return (byte(c) & 0xC0U) == 0x80U; }

/// The length of the UTF-8 character that begins with `first`; 0: none does.
std::size_t length_told_by(char first) {
  if (byte(first) < 0x80) {
    return 1;
  }
  if (byte(first) < 0xC2 || byte(first) > 0xF4) {
    return 0;
  }
  return byte(first) < 0xE0 ? 2 : (byte(first) < 0xF0 ? 3 : 4);
}

/// Tells overlong forms, surrogates and code points over U+10FFFF by their second byte.
bool may_follow(char first, char second) {
  switch (byte(first)) {
    case 0xE0:
      return is_continuation(second) && byte(second) >= 0xA0;
    case 0xED:
      return is_continuation(second) && byte(second) <= 0x9F;
    case 0xF0:
      return is_continuation(second) && byte(second) >= 0x90;
    case 0xF4:
      return is_continuation(second) && byte(second) <= 0x8F;
    default:
      return is_continuation(second);
  }
}

}  // namespace

const TextRule any_text{"TEXT", "a text", object_to_text};
const TextRule path_text{"PATH", "a path", object_to_path};
const TextRule optional_path_text{"PATH", "a path, or \"\" for none", object_to_optional_path};
const TextRule address_text{"ADDRESS", "host:port, :port or [IPv6 address]:port, port 0 to 65535",
                            object_to_address};
const TextRule telemetry_path_text{
    "PATH", "a path of /, letters, digits and - . _ ~, but not /, /healthz or /readyz",
    object_to_telemetry_path};
const TextRule identity_label_text{"LABEL",
                                   "instance_id, instance_type, availability_zone, "
                                   "availability_zone_id, region, placement_group, "
                                   "image_id or node_name",
                                   object_to_identity_label};
const TextRule label_name_text{
    "NAME",
    "a name of letters, digits and _, not begun with a digit or __, that the agent does not set",
    object_to_label_name};

std::size_t utf8_length(std::string_view text) {
  const std::size_t length = text.empty() ? 0 : length_told_by(text[0]);
  if (length > text.size() || (length > 1 && !may_follow(text[0], text[1]))) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(text[i])) {
      return 0;
    }
  }
  return length;
}

}  // namespace efa
