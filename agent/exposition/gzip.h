#pragma once

#include <memory>
#include <string>
#include <string_view>

struct libdeflate_compressor;

namespace efa {

/// gzip by libdeflate, level 1: a scrape is compressed once and read once.
///
/// Cost     about half a microsecond a kilobyte of counters; keeps its tables between calls
/// Threads  one at a time
class Gzip {
 public:
  Gzip();

  /// Replaces `compressed` by the gzip member of `text`; re-uses its storage. `text` may be what it
  /// holds.
  void compress(std::string_view text, std::string& compressed);

 private:
  struct Deleter {
    void operator()(libdeflate_compressor* compressor) const;
  };
  std::unique_ptr<libdeflate_compressor, Deleter> compressor_;
  std::unique_ptr<char[]> buffer_;  // for the worst case, and mostly untouched
  std::size_t capacity_ = 0;
};

}  // namespace efa
