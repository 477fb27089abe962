#include "collectors/netlink/attributes.h"

#include "tests/netlink/made_messages.h"
#include "tests/support/catch.h"

namespace efa {
namespace {

using test::attribute_with_length;
using test::operator+;
using test::Bytes;
using test::bytes_of;
using test::cut;

// What a walk finds, by type, and whether it ended well.
struct Walk {
  std::vector<std::uint16_t> types;
  bool well = false;
};

Walk walk(const Bytes& bytes) {
  Walk result;
  result.well = walk_attributes(bytes, [&](const Attribute& attribute) {
    result.types.push_back(attribute.type);
    return true;
  });
  return result;
}

Attribute first(const Bytes& bytes) {
  const auto attribute = AttributeReader(bytes).next();
  REQUIRE(attribute);
  return *attribute;
}

TEST_CASE("what was written is read") {
  const Bytes bytes = AttributeWriter()
                          .put_u8(1, 200)
                          .put_u32(2, 4'000'000'000U)
                          .put_u64(3, 18'446'744'073'709'551'615U)
                          .put_string(4, "efa_0")
                          .bytes();
  std::uint8_t u8 = 0;
  std::uint32_t u32 = 0;
  std::uint64_t u64 = 0;
  std::string text;
  CHECK(walk_attributes(bytes, [&](const Attribute& attribute) {
    switch (attribute.type) {
      case 1:
        return attribute.get(u8);
      case 2:
        return attribute.get(u32);
      case 3:
        return attribute.get(u64);
      default:
        return attribute.get(text);
    }
  }));
  CHECK(u8 == 200);
  CHECK(u32 == 4'000'000'000U);
  CHECK(u64 == 18'446'744'073'709'551'615U);
  CHECK(text == "efa_0");
}

TEST_CASE("no attributes are a walk that ends well") {
  CHECK(walk({}).well);
  CHECK(walk({}).types.empty());
}

TEST_CASE("an attribute's flags are no part of its type") {
  const Bytes bytes = AttributeWriter().put_u32(0x8000 | 86, 1).put_u32(0x4000 | 87, 1).bytes();
  CHECK(walk(bytes).types == std::vector<std::uint16_t>{86, 87});
}

TEST_CASE("attributes cut off anywhere end the walk as malformed, unless it is between two") {
  const Bytes bytes = AttributeWriter().put_u32(1, 1).put_string(2, "efa_0").put_u8(3, 1).bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    const Walk part = walk(cut(bytes, size));
    // 8, then 4 + 6 and 2 of pad, then 4 + 1 and 3 of pad: a missing pad is not missed.
    const bool between = size == 0 || size == 8 || (size >= 18 && size <= 20) || size >= 25;
    CHECK(part.well == between);
    CHECK(part.types.size() == (size < 8U ? 0U : size < 18U ? 1U : size < 25U ? 2U : 3U));
  }
}

TEST_CASE("a length below that of the head, or beyond the end, ends the walk as malformed") {
  const Bytes good = AttributeWriter().put_u32(1, 1).bytes();
  for (const std::uint16_t length : std::vector<std::uint16_t>{0, 1, 3, 13, 65'535}) {
    CAPTURE(length);
    const Walk part = walk(good + attribute_with_length(length, 2, Bytes(8)));
    CHECK_FALSE(part.well);
    CHECK(part.types == std::vector<std::uint16_t>{1});
  }
}

TEST_CASE("an attribute may have nothing in it") {
  CHECK(walk(attribute_with_length(4, 9, {})).well);
  CHECK(first(attribute_with_length(4, 9, {})).payload.empty());
}

TEST_CASE("a walk stops where the visitor does") {
  const Bytes bytes = AttributeWriter().put_u8(1, 1).put_u8(2, 1).put_u8(3, 1).bytes();
  int seen = 0;
  CHECK_FALSE(walk_attributes(bytes, [&](const Attribute& attribute) {
    ++seen;
    return attribute.type != 2;
  }));
  CHECK(seen == 2);
}

TEST_CASE("a number of another size is not that number, and leaves what was there") {
  const Bytes four = AttributeWriter().put_u32(1, 7).bytes();
  std::uint8_t u8 = 1;
  std::uint64_t u64 = 2;
  CHECK_FALSE(first(four).get(u8));
  CHECK_FALSE(first(four).get(u64));
  CHECK(u8 == 1);
  CHECK(u64 == 2);
  std::optional<std::uint32_t> none;
  CHECK_FALSE(first(attribute_with_length(7, 1, Bytes(4))).get(none));
  CHECK_FALSE(none);
}

TEST_CASE("a string ends at its first NUL, or where its attribute ends") {
  std::string text;
  CHECK(first(AttributeWriter().put(1, bytes_of("efa_0")).bytes()).get(text));
  CHECK(text == "efa_0");
  CHECK(first(AttributeWriter().put(1, bytes_of(std::string_view("efa\0_0\0", 7))).bytes())
            .get(text));
  CHECK(text == "efa");
  CHECK(first(attribute_with_length(4, 1, {})).get(text));
  CHECK(text.empty());
}

TEST_CASE("a string that is longer than any name is refused") {
  std::string text = "kept";
  CHECK_FALSE(first(AttributeWriter().put_string(1, std::string(256, 'x')).bytes()).get(text));
  CHECK(text == "kept");
  CHECK(first(AttributeWriter().put_string(1, std::string(255, 'x')).bytes()).get(text));
  CHECK(text.size() == 255);
}

TEST_CASE("what does not fit an attribute is not written") {
  CHECK(AttributeWriter().put(1, Bytes(65'532)).bytes().empty());
  CHECK(walk(AttributeWriter().put(1, Bytes(65'531)).bytes()).well);
}

TEST_CASE("random bytes never make the walk read beyond them") {
  std::mt19937 random(20'260'301);
  for (int i = 0; i < 20'000; ++i) {
    const Bytes bytes = test::random_bytes(random, 64);
    std::size_t total = 0;
    AttributeReader reader(bytes);
    while (const auto attribute = reader.next()) {
      total += 4 + attribute->payload.size();
      std::string text;
      std::uint32_t value = 0;
      static_cast<void>(attribute->get(text));
      static_cast<void>(attribute->get(value));
    }
    REQUIRE(total <= bytes.size());
  }
}

}  // namespace
}  // namespace efa
