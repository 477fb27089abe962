#pragma once

#include <cstdint>
#include <string_view>

namespace efa {

enum class TextFormat : std::uint8_t { prometheus, openmetrics };

/// The format an Accept header prefers: OpenMetrics 1.0 (or 0.0.1) if it is named with a weight
/// above that of text/plain, or with the same weight and before it; else the Prometheus text format
/// 0.0.4, which is also the answer to anything else. A media range that makes no sense counts for
/// nothing, the others stand.
TextFormat choose_format(std::string_view accept);

/// The Content-Type of a format.
std::string_view content_type_of(TextFormat format);

/// Whether an Accept-Encoding header allows gzip ("gzip;q=0" does not, "*" does).
bool accepts_gzip(std::string_view accept_encoding);

/// For HttpResponse::extra_headers of an answer that was chosen by these functions.
inline constexpr std::string_view vary_header = "Vary: Accept, Accept-Encoding\r\n";

}  // namespace efa
