#include "agent/exposition/gzip.h"

#include <memory>
#include <string>

#include <libdeflate.h>

#include "tests/support/catch.h"

namespace {

std::string decompressed(const std::string& compressed, std::size_t expected_size) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)>
      decompressor(libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  std::string text(expected_size + 1, '\0');
  std::size_t size = 0;
  const auto result = libdeflate_gzip_decompress(
      decompressor.get(), compressed.data(), compressed.size(), text.data(), text.size(), &size);
  REQUIRE(result == LIBDEFLATE_SUCCESS);
  text.resize(size);
  return text;
}

std::string scrape_of(std::size_t size) {
  std::string text;
  for (std::uint64_t i = 0; text.size() < size; ++i) {
    text += R"(efa_tx_bytes_total{device="rdmap)" + std::to_string(i % 32) + R"(s27",port="1"} )" +
            std::to_string(i * 2654435761U) + "\n";
  }
  text.resize(size);
  return text;
}

std::string noise(std::size_t size) {
  std::string text(size, '\0');
  std::uint64_t state = 1;
  for (char& c : text) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    c = static_cast<char>(state >> 56U);
  }
  return text;
}

}  // namespace

TEST_CASE("what was compressed comes out of gzip as it was") {
  efa::Gzip gzip;
  std::string compressed;
  for (const std::string& text : {std::string(), std::string("x"), scrape_of(100'000),
                                  noise(100'000), std::string(1'000'000, 'a')}) {
    gzip.compress(text, compressed);
    CHECK(decompressed(compressed, text.size()) == text);
  }
}

TEST_CASE("a scrape shrinks to less than a quarter") {
  efa::Gzip gzip;
  std::string compressed;
  gzip.compress(scrape_of(100'000), compressed);
  CHECK(compressed.size() < 25'000);
}

TEST_CASE("compressing again re-uses the storage") {
  efa::Gzip gzip;
  std::string compressed;
  const std::string text = scrape_of(50'000);
  gzip.compress(text, compressed);
  const char* const storage = compressed.data();
  gzip.compress(text, compressed);
  CHECK(compressed.data() == storage);
}
