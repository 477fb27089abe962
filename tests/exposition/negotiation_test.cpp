#include "agent/exposition/negotiation.h"

#include "tests/support/catch.h"

namespace {

using efa::TextFormat;

bool openmetrics(std::string_view accept) {
  return efa::choose_format(accept) == TextFormat::openmetrics;
}

}  // namespace

TEST_CASE("every Prometheus since 2.5 gets OpenMetrics") {
  CHECK(
      openmetrics("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,"
                  "*/*;q=0.1"));
  CHECK(
      openmetrics("application/openmetrics-text;version=1.0.0,"
                  "application/openmetrics-text;version=0.0.1;q=0.75,"
                  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
  CHECK(
      openmetrics("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                  "application/openmetrics-text;version=0.0.1;q=0.4,"
                  "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
                  "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"));
  CHECK(
      openmetrics("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                  "encoding=delimited;q=0.6,"
                  "application/openmetrics-text;version=1.0.0;escaping=values;q=0.5,"
                  "application/openmetrics-text;version=0.0.1;q=0.4,"
                  "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"));
}

TEST_CASE("a scraper that prefers the Prometheus text format gets it") {
  CHECK_FALSE(openmetrics("text/plain;version=0.0.4;q=1,*/*;q=0.1"));  // vmagent
  CHECK_FALSE(openmetrics("text/plain"));
  CHECK_FALSE(openmetrics("text/plain;version=0.0.4,application/openmetrics-text;q=0.9"));
  CHECK_FALSE(openmetrics(  // Prometheus told to: scrape_protocols: [PrometheusText0.0.4]
      "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"));
}

TEST_CASE("who does not speak of OpenMetrics gets the Prometheus text format") {
  CHECK_FALSE(openmetrics(""));
  CHECK_FALSE(openmetrics("*/*"));
  CHECK_FALSE(openmetrics("application/*"));
  CHECK_FALSE(
      openmetrics("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
                  "image/webp,*/*;q=0.8"));
  CHECK_FALSE(openmetrics("application/json"));
}

TEST_CASE("of two formats with the same weight the one named first is chosen") {
  CHECK(openmetrics("application/openmetrics-text, text/plain"));
  CHECK_FALSE(openmetrics("text/plain, application/openmetrics-text"));
}

TEST_CASE("a format that is named comes before a wildcard of the same weight") {
  CHECK(openmetrics("*/*, application/openmetrics-text"));
  CHECK(openmetrics("text/*;q=0.5, application/openmetrics-text;q=0.5"));
}

TEST_CASE("the weight of the most specific range counts") {
  CHECK(openmetrics("text/plain;q=0.1, */*, application/openmetrics-text;q=0.5"));
  CHECK_FALSE(openmetrics("*/*;q=0.1, text/*;q=0.6, application/openmetrics-text;q=0.5"));
}

TEST_CASE("a weight of zero refuses a format") {
  CHECK_FALSE(openmetrics("application/openmetrics-text;q=0"));
  CHECK_FALSE(openmetrics("application/openmetrics-text;q=0.000, text/plain;q=0"));
}

TEST_CASE("a version of OpenMetrics that is not spoken is not answered with another") {
  CHECK_FALSE(openmetrics("application/openmetrics-text;version=2.0.0"));
  CHECK(
      openmetrics("application/openmetrics-text;version=2.0.0,"
                  "application/openmetrics-text;version=1.0.0;q=0.5"));
}

TEST_CASE("case, white space, quotes and foreign parameters of Accept do not matter") {
  CHECK(openmetrics("Application/OpenMetrics-Text"));
  CHECK(openmetrics("  application/openmetrics-text ; Version = \"1.0.0\" ; Q=0.9 , */* ; q=0.1 "));
  CHECK(openmetrics("application/openmetrics-text;version=1.0.0;charset=utf-8"));
  CHECK(openmetrics(R"(application/openmetrics-text;x="a,b;q=0\"";q=0.9,text/plain;q=0.1)"));
}

TEST_CASE("a media range that makes no sense counts for nothing and the others stand") {
  CHECK_FALSE(openmetrics("application/openmetrics-text;q=nan"));
  CHECK_FALSE(openmetrics("application/openmetrics-text;q=-1"));
  CHECK_FALSE(openmetrics("application/openmetrics-text;q=1.5"));
  CHECK_FALSE(openmetrics("application/openmetrics-text;q=2"));
  CHECK_FALSE(openmetrics("application/openmetrics-text;q="));
  CHECK_FALSE(openmetrics("application/openmetrics-text;q"));
  CHECK(openmetrics("text/plain;q=7, application/openmetrics-text;q=0.1"));
  CHECK(openmetrics(",,;;,=,\"application/openmetrics-text, application/openmetrics-text") ==
        false);
  CHECK(openmetrics(",,;;q=3,=,/, application/openmetrics-text"));
  CHECK_FALSE(openmetrics("\"\\"));
}

TEST_CASE("the content types are those that Prometheus knows") {
  CHECK(efa::content_type_of(TextFormat::prometheus) == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(efa::content_type_of(TextFormat::openmetrics) ==
        "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

TEST_CASE("gzip is used when it is accepted by name or by a star") {
  CHECK(efa::accepts_gzip("gzip"));
  CHECK(efa::accepts_gzip("gzip, deflate, br, zstd"));
  CHECK(efa::accepts_gzip("br;q=1.0, GZIP;q=0.8, *;q=0.1"));
  CHECK(efa::accepts_gzip("x-gzip"));
  CHECK(efa::accepts_gzip("*"));
  CHECK(efa::accepts_gzip("*;q=0, gzip"));
}

TEST_CASE("gzip is not used when it is refused or not spoken of") {
  CHECK_FALSE(efa::accepts_gzip(""));
  CHECK_FALSE(efa::accepts_gzip("identity"));
  CHECK_FALSE(efa::accepts_gzip("gzip;q=0"));
  CHECK_FALSE(efa::accepts_gzip("gzip;q=0.0, *"));
  CHECK_FALSE(efa::accepts_gzip("*;q=0"));
  CHECK_FALSE(efa::accepts_gzip("gzipped"));
  CHECK_FALSE(efa::accepts_gzip("gzip;q=x"));
}
