#pragma once

#include <string>
#include <string_view>

#include "agent/exposition/server.h"

struct mg_request_info;

namespace efa {

/// Equal but for the case of ASCII letters.
bool same_word(std::string_view left, std::string_view right);

/// The value of a request's header, empty if absent. One that came more than once is joined with
/// commas in `joined`, which must live as long as the value is used.
std::string_view header(const mg_request_info& info, std::string_view name, std::string& joined);

/// Appends the path with %XX decoded; false if a sequence is malformed or stands for a control
/// character.
bool decode_path(std::string_view raw, std::string& path);

/// Whether the connection can and should be kept: stricter than civetweb, which must never close
/// what was announced as kept.
bool wants_keep_alive(const mg_request_info& info);

/// Replaces `head` by the status line and the headers of an answer, with the empty line behind
/// them.
void write_head(const HttpResponse& response, std::string_view reason, bool keep_alive,
                std::string& head);

}  // namespace efa
