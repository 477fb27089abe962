#include "config/text_rules.h"

#include <string>

#include "config/labels.h"
#include "tests/support/catch.h"

namespace efa {
namespace {

bool allows(const TextRule& rule, std::string_view text) { return rule.objection(text).empty(); }

TEST_CASE("an address is host:port, :port or [IPv6]:port with a port up to 65535") {
  for (const char* text : {":0", ":10045", ":65535", "localhost:80", "0.0.0.0:10045", "127.0.0.1:1",
                           "[::]:10045", "[::1]:0", "[fe80::1:2]:9", "node-1.example_x.com:9100"}) {
    INFO(text);
    CHECK(allows(address_text, text));
  }
  for (const char* text : {"",
                           ":",
                           "10045",
                           "localhost",
                           "localhost:",
                           ":65536",
                           ":99999999999999999999",
                           ":-1",
                           ":+1",
                           ":0x10",
                           ":010",
                           ":1e3",
                           "::1:80",
                           "[::1]",
                           "[::1]80",
                           "[::1:80",
                           "[]:80",
                           "[1.2.3.4]:80",
                           "[::1]:",
                           "[::1]:a",
                           "1.2.3:80",
                           "256.1.1.1:80",
                           "a b:80",
                           "a,b:80",
                           "http://x:80",
                           ":80 ",
                           " :80",
                           "[::1]x:80",
                           "[fe80::1%eth0]:80",
                           "h:80:90",
                           "[::1]:80]"}) {
    INFO(text);
    CHECK_FALSE(allows(address_text, text));
  }
}

TEST_CASE("the telemetry path begins with a slash and is none of the agent's other pages") {
  for (const char* text : {"/metrics", "/a/b", "/metrics/", "/healthz/x", "/_-.~"}) {
    CHECK(allows(telemetry_path_text, text));
  }
  for (const char* text :
       {"", "metrics", "/", "/healthz", "/readyz", "/m?x=1", "/m#x", "/a b", "/%6d", "/m\n"}) {
    INFO(text);
    CHECK_FALSE(allows(telemetry_path_text, text));
  }
}

TEST_CASE("a label's name is one that Prometheus takes and that the agent does not set") {
  for (const char* text : {"cluster", "_x", "A9_", "job", "instance", "devices"}) {
    CHECK(allows(label_name_text, text));
  }
  for (const char* text :
       {"", "9a", "a-b", "a.b", "a:b", "a b", "\xC3\xA4", "__name__", "__", "le", "quantile"}) {
    INFO(text);
    CHECK_FALSE(allows(label_name_text, text));
  }
  CHECK(allows(label_name_text, std::string(256, 'a')));
  CHECK_FALSE(allows(label_name_text, std::string(257, 'a')));
  for (const std::string_view name : identity_labels) {
    CHECK(label_name_text.objection(name) == "which is an identity label: set it in instance");
  }
  for (const std::string_view name : agent_labels) {
    CHECK(label_name_text.objection(name) == "which the agent sets itself");
  }
}

TEST_CASE("the labels on every series are chosen from the identity labels") {
  for (const std::string_view name : identity_labels) {
    CHECK(allows(identity_label_text, name));
    CHECK(identity_label_text.allowed.find(name) != std::string_view::npos);
  }
  CHECK_FALSE(allows(identity_label_text, ""));
  CHECK_FALSE(allows(identity_label_text, "labels_on_every_series"));
}

TEST_CASE("a path is a text that the kernel can open") {
  CHECK(allows(path_text, "/host/sys"));
  CHECK(allows(path_text, "tests/data"));
  CHECK_FALSE(allows(path_text, ""));
  CHECK_FALSE(allows(path_text, std::string_view("/a\0b", 4)));
  CHECK_FALSE(allows(path_text, "/\xFF"));
}

TEST_CASE("UTF-8 is told from what only looks like it") {
  for (const char* text :
       {"a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(utf8_length(text) == std::string(text).size());
  }
  // Lone and missing continuations, overlong forms, surrogates, and what is over U+10FFFF.
  for (const char* text : {"\x80", "\xBF", "\xC2", "\xC2\x41", "\xC0\x80", "\xC1\xBF",
                           "\xE0\x9F\xBF", "\xE1\x80", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xF1\x80\x80"}) {
    CHECK(utf8_length(text) == 0);
  }
  CHECK(utf8_length("") == 0);
}

}  // namespace
}  // namespace efa
