#include "agent/exposition/gzip.h"

#include <new>

#include <libdeflate.h>

namespace efa {
namespace {

constexpr int fastest = 1;

}  // namespace

Gzip::Gzip() : compressor_(libdeflate_alloc_compressor(fastest)) {
  if (!compressor_) {
    throw std::bad_alloc();
  }
}

void Gzip::compress(std::string_view text, std::string& compressed) {
  const std::size_t bound = libdeflate_gzip_compress_bound(compressor_.get(), text.size());
  if (bound > capacity_) {
    buffer_.reset(new char[bound]);  // not make_unique: most of it is never touched
    capacity_ = bound;
  }
  // Never 0, which would mean that the bound was too small.
  const std::size_t size = libdeflate_gzip_compress(compressor_.get(), text.data(), text.size(),
                                                    buffer_.get(), capacity_);
  compressed.assign(buffer_.get(), size);
}

void Gzip::Deleter::operator()(libdeflate_compressor* compressor) const {
  libdeflate_free_compressor(compressor);
}

}  // namespace efa
