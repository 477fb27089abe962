#include "tests/lab/efa_device/vfio_user/message.h"

#include <cerrno>
#include <random>
#include <string>

#include "tests/lab/efa_device/vfio_user/fake_client.h"
#include "tests/support/catch.h"

namespace efa::lab::vfio_user {
namespace {

using test::Body;

Body header_of(std::uint32_t size, std::uint32_t flags = 0) {
  return Body().add(std::uint16_t{7}).add(Command::dma_map).add(size).add(flags).add(0);
}

TEST_CASE("a header is what its bytes say") {
  const auto header = decode_header(header_of(48, 0x10).bytes());
  REQUIRE(header);
  CHECK(header->id == 7);
  CHECK(header->command == Command::dma_map);
  CHECK(header->size == 48);
  CHECK(header->is_request());
  CHECK(header->wants_no_reply());
  CHECK_FALSE(decode_header(header_of(16, 1).bytes())->is_request());
}

TEST_CASE("a header is complete, and its size possible") {
  const auto bytes = header_of(16).bytes();
  for (std::size_t size = 0; size < header_size; ++size) {
    CHECK_FALSE(decode_header(Bytes(bytes).first(size)));
  }
  CHECK(decode_header(bytes));
  for (const std::uint32_t wrong : {0U, 15U, (2U << 20) + 1, 0xffffffffU}) {
    CHECK_FALSE(decode_header(header_of(wrong).bytes()));
  }
  CHECK(decode_header(header_of(2 << 20).bytes()));
}

TEST_CASE("a version is a number, and text that ends") {
  CHECK(decode_version(Body().add(0).bytes()) == 0);
  CHECK(decode_version(Body().add(std::uint16_t{3}).add(std::uint16_t{1}).bytes()) == 3);
  CHECK(decode_version(Body().add(0).text("{}").add('\0').bytes()) == 0);
  CHECK_FALSE(decode_version(Body().add(0).text("{}").bytes()));
  CHECK_FALSE(decode_version(Body().add(std::uint16_t{0}).bytes()));
}

TEST_CASE("a version's reply is never longer than its request") {
  const std::string whole = R"({"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576}})";
  const std::size_t size = 4 + whole.size() + 1;
  const auto reply = encode_version(size);
  REQUIRE(reply.size() == size);
  CHECK(std::string(reply.begin() + 4, reply.end() - 1) == whole);
  CHECK(reply.back() == 0);
  CHECK(encode_version(size - 1).size() == 4);
  CHECK(encode_version(4).size() == 4);
}

TEST_CASE("bodies are decoded as they are laid out") {
  const auto map = decode_dma_map(Body()
                                      .add(std::uint32_t{32})
                                      .add(std::uint32_t{3})
                                      .add(std::uint64_t{4096})
                                      .add(std::uint64_t{1} << 40)
                                      .add(std::uint64_t{8192})
                                      .bytes());
  REQUIRE(map);
  CHECK(map->writable);
  CHECK(map->offset == 4096);
  CHECK(map->address == std::uint64_t{1} << 40);
  CHECK(map->size == 8192);
  const auto access = decode_region_read(
      Body().add(std::uint64_t{8}).add(std::uint32_t{7}).add(std::uint32_t{4}).bytes());
  REQUIRE(access);
  CHECK(access->offset == 8);
  CHECK(access->region == 7);
  CHECK(access->count == 4);
}

TEST_CASE("a region write has exactly the data it speaks of, and no access is too large") {
  const auto body = [](std::uint32_t count) {
    return Body().add(std::uint64_t{0}).add(std::uint32_t{0}).add(count);
  };
  CHECK(decode_region_write(body(4).add(1).bytes()));
  CHECK_FALSE(decode_region_write(body(5).add(1).bytes()));
  CHECK_FALSE(decode_region_write(body(3).add(1).bytes()));
  CHECK_FALSE(decode_region_write(body(0xffffffff).add(1).bytes()));
  CHECK(decode_region_read(body(1 << 20).bytes()));
  CHECK_FALSE(decode_region_read(body((1 << 20) + 1).bytes()));
}

TEST_CASE("interrupts are set by descriptors, by booleans or by nothing") {
  const auto body = [](std::uint32_t flags, std::uint32_t count) {
    return Body()
        .add(std::uint32_t{20})
        .add(flags)
        .add(msix_index)
        .add(std::uint32_t{1})
        .add(count);
  };
  CHECK(decode_set_irqs(body(0x24, 3).bytes())->data == SetIrqs::Data::descriptors);
  CHECK(decode_set_irqs(body(0x24, 3).bytes())->count == 3);
  CHECK(decode_set_irqs(body(0x21, 0).bytes())->data == SetIrqs::Data::none);
  CHECK(decode_set_irqs(body(0x21, 0).bytes())->trigger);
  CHECK_FALSE(decode_set_irqs(body(0x09, 0).bytes())->trigger);
  const auto booleans = decode_set_irqs(body(0x22, 2).add('\1').add('\0').bytes());
  REQUIRE(booleans);
  CHECK(booleans->booleans == std::vector<std::uint8_t>{1, 0});
  CHECK_FALSE(decode_set_irqs(body(0x22, 3).add('\1').add('\0').bytes()));
  CHECK_FALSE(decode_set_irqs(body(0x22, 0xffffffff).bytes()));
}

TEST_CASE("whatever the bytes, no body is read behind its end") {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    // On the heap, without a byte to spare, so that a sanitizer sees one too many.
    std::vector<std::uint8_t> bytes(random() % 40);
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : 0);
    }
    bytes.shrink_to_fit();
    CHECK(decode_header(bytes).has_value() <= (bytes.size() >= 16));
    CHECK(decode_version(bytes).has_value() <= (bytes.size() >= 4));
    CHECK(decode_dma_map(bytes).has_value() == (bytes.size() >= 32));
    CHECK(decode_dma_unmap(bytes).has_value() == (bytes.size() >= 24));
    CHECK(decode_index(bytes).has_value() == (bytes.size() >= 12));
    CHECK(decode_set_irqs(bytes).has_value() <= (bytes.size() >= 20));
    CHECK(decode_region_read(bytes).has_value() <= (bytes.size() >= 16));
    CHECK(decode_region_write(bytes).has_value() <= (bytes.size() >= 16));
  }
}

TEST_CASE("a reply repeats its request's number, an error has no body") {
  const Header request = *decode_header(header_of(48).bytes());
  const auto reply = encode_reply(request, Body().add(0x01020304).bytes());
  REQUIRE(reply.size() == 20);
  CHECK(load<std::uint16_t>(reply, 0) == 7);
  CHECK(load<Command>(reply, 2) == Command::dma_map);
  CHECK(load<std::uint32_t>(reply, 4) == 20);
  CHECK(load<std::uint32_t>(reply, 8) == 1);
  CHECK(load<std::uint32_t>(reply, 12) == 0);
  CHECK(load<std::uint32_t>(reply, 16) == 0x01020304);
  const auto error = encode_error(request, ENOENT);
  REQUIRE(error.size() == 16);
  CHECK(load<std::uint32_t>(error, 8) == 0x21);
  CHECK(load<std::uint32_t>(error, 12) == ENOENT);
}

}  // namespace
}  // namespace efa::lab::vfio_user
