#include "agent/exposition/http_message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <civetweb.h>

namespace efa {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool has_header(const mg_request_info& info, std::string_view name) {
  return std::any_of(info.http_headers, info.http_headers + info.num_headers,
                     [name](const mg_header& each) { return same_word(each.name, name); });
}

// Requests of which nothing is left to read when their head has been read. Bodies are never read:
// whoever sends one has the connection closed on it.
bool ends_with_head(const mg_request_info& info) {
  std::string joined;
  const std::string_view length = header(info, "Content-Length", joined);
  return (length.empty() || length == "0") && !has_header(info, "Transfer-Encoding");
}

void append_number(std::string& text, std::size_t number) {
  std::array<char, 20> digits;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
  text.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

void append_date(std::string& text) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 64> line{};
  text.append(line.data(),
              std::strftime(line.data(), line.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc));
}

}  // namespace

bool same_word(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view header(const mg_request_info& info, std::string_view name, std::string& joined) {
  std::string_view value;
  bool found = false;
  for (int i = 0; i < info.num_headers; ++i) {
    const mg_header& each = info.http_headers[i];
    if (!same_word(each.name, name)) {
      continue;
    }
    if (found) {
      joined = std::string(value) + ", " + each.value;
      value = joined;
    } else {
      value = each.value;
      found = true;
    }
  }
  return value;
}

bool decode_path(std::string_view raw, std::string& path) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    auto byte = static_cast<unsigned char>(raw[i]);
    if (raw[i] == '%') {
      const std::string_view digits = raw.substr(i + 1, 2);
      const auto [end, error] = std::from_chars(digits.begin(), digits.end(), byte, 16);
      if (digits.size() != 2 || error != std::errc() || end != digits.end()) {
        return false;
      }
      i += 2;
    }
    if (byte < 0x20 || byte == 0x7f) {
      return false;
    }
    path += static_cast<char>(byte);
  }
  return true;
}

// Stricter than civetweb, which must never close what was announced as kept.
bool wants_keep_alive(const mg_request_info& info) {
  std::string joined;
  const std::string_view connection = header(info, "Connection", joined);
  const bool asked = has_header(info, "Connection") ? same_word(connection, "keep-alive")
                                                    : std::string_view(info.http_version) == "1.1";
  return asked && ends_with_head(info) && !has_header(info, "Upgrade");
}

void write_head(const HttpResponse& response, std::string_view reason, bool keep_alive,
                std::string& head) {
  head = "HTTP/1.1 ";
  append_number(head, static_cast<std::size_t>(response.status));
  head.append(" ").append(reason).append("\r\n");
  append_date(head);
  head.append("Content-Type: ").append(response.content_type).append("\r\nContent-Length: ");
  append_number(head, response.body.size());
  head += "\r\n";
  if (!response.content_encoding.empty()) {
    head.append("Content-Encoding: ").append(response.content_encoding).append("\r\n");
  }
  head += "X-Content-Type-Options: nosniff\r\nConnection: ";
  head += keep_alive ? "keep-alive\r\n" : "close\r\n";
  head.append(response.extra_headers).append(response.more_headers).append("\r\n");
}

}  // namespace efa
